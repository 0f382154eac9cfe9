"""Is the score what customers think? `by_hand`: whom staff asked and whom not; `callers`: who agreed before a call."""

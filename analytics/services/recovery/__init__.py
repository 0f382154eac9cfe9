"""Whether calling detractors helped: `following` (what became of them, in SQL), `reporting` (what that says)."""

"""Feeds: what each system sends, how much of it came when, and whether it has gone silent."""

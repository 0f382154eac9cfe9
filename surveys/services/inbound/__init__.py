"""Hearing the mail that comes back: stored first, judged afterwards, each at most once."""

"""Rows for tests, a module per app; each test sets only what it is about."""

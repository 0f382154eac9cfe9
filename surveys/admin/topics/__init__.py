"""Topics in the console: the analysts' list, rules with what they would find, and topics set by hand."""

from surveys.admin.topics import topic

__all__ = ["topic"]

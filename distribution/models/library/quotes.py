from __future__ import annotations

from distribution.models.library.entries import Entry


class Quote(Entry):
    """Words of a customer that somebody of the office chose, as the customer wrote them, personal data hidden."""

    class Meta:
        proxy = True

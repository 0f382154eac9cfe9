"""Which systems the house knows: by rows that came, by a key, or because somebody described them."""

from __future__ import annotations

from crm.models import ApiKey, Source

TOLD = 20  # of the known ones, in a message


def doubt(code: str) -> str:
    """What is to be said before anything happens under this source; empty if it is known, or if nothing is known yet:
    whoever is first of all cannot mistype. Rows under a mistyped source would all be known anew."""
    keys = ApiKey.objects.values_list("source", flat=True)
    known = sorted({*keys, *Source.objects.values_list("code", flat=True)})
    if not known or code in known:
        return ""
    return (
        f"Nothing came from the source {code!r} yet; known are {', '.join(known[:TOLD])}. If it is a new one, say"
        " --new-source."
    )

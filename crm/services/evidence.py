"""What a customer had allowed at a moment, and where that stands: reproducible for an auditor at any later time."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from crm.models import ConsentWord, Customer, Merge

Evidence = dict[tuple[str, str], ConsentWord]  # by channel and purpose


def allowed_at(*, customer: Customer, at: datetime, known_at: datetime | None = None) -> Evidence:
    """{(channel, purpose): the word that counted at `at`} for the person as their rows were merged then.

    The last word said by then; what was said before the rows were one person counts as said then, and of words of one
    moment the no. `known_at`: only what we had come to know by that moment (default: what we know today).
    """
    rows, joined_at = person_at(customer=customer, at=at)
    said = ConsentWord.objects.said_by(at).filter(customer__in=rows).select_related("by", "customer")
    words = said if known_at is None else said.known_at(known_at)
    found: Evidence = {}
    # of one row only its last word is held against those of the others
    for row in rows:
        mine = [word for word in words if word.customer_id == row]
        own = {(w.channel, w.purpose): w for w in sorted(mine, key=lambda w: (w.at, not w.granted, w.pk))}
        for key, word in own.items():
            if key not in found or _weight(word, joined_at) > _weight(found[key], joined_at):
                found[key] = word
    return found


def words_for(words: Evidence, *, seen: QuerySet[Customer]) -> list[ConsentWord]:
    """The words for somebody in whose sight are the customers `seen`: what counts for the person counts wherever it was
    said, but of a word under a row out of sight no more is told than what it was and when."""
    told = set(seen.filter(pk__in={word.customer_id for word in words.values()}).values_list("pk", flat=True))
    return [words[key] if words[key].customer_id in told else _bare(words[key]) for key in sorted(words)]


def _bare(word: ConsentWord) -> ConsentWord:
    said = {name: getattr(word, name) for name in ("channel", "purpose", "granted", "at", "recorded_at")}
    return ConsentWord(**said)


def _weight(word: ConsentWord, joined_at: datetime | None) -> tuple[datetime, bool, int]:
    return max(word.at, joined_at or word.at), not word.granted, word.pk


def person_at(*, customer: Customer, at: datetime) -> tuple[set[int], datetime | None]:
    """Ids of the rows that were one person at `at`, and since when they all were (None: it was one row)."""
    in_force = Merge.objects.filter(Q(undone_at=None) | Q(undone_at__gt=at), at__lte=at)
    rows, joined_at, size = {customer.pk}, None, 0
    while len(rows) > size:
        size = len(rows)
        for kept, merged, since in in_force.filter(Q(kept__in=rows) | Q(merged__in=rows)).values_list(
            "kept", "merged", "at"
        ):
            rows |= {kept, merged}
            joined_at = max(joined_at or since, since)
    return rows, joined_at

"""One person behind several customer rows: merging them, and undoing it.

A merge says only that two rows are one person, and is kept as it was said; what stands for whom (`Customer.canonical`)
is computed from the merges in force. No other row is touched: what happened stays where it happened, loads go on to
their own rows, and undoing leaves everything as if the merge had not been, with all that came since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from common.models import Event, User
from common.queue import enqueue
from crm.canonical import Edge, standings
from crm.models import Customer, DuplicateCandidate, Merge
from crm.survivorship import RULES

MERGED = DuplicateCandidate.Verdict.MERGED


class MergeRefused(ValueError):
    """A merge, or its undoing, that is not possible; the message is for people. Nothing was changed."""


@transaction.atomic
def merge(
    *,
    kept: Customer,
    merged: Customer,
    at: datetime,
    by: User | None = None,
    why: str = "",
    choices: Mapping[str, int] | None = None,
    via: str = "",
    seen: QuerySet[Customer] | None = None,
) -> Merge:
    """`merged` is the same person as `kept`; the row that stands for `kept` stands for both from now on.

    `choices`: {field: customer id} where another row's value is to count than the one that the rules of survivorship
    take. Holds, suppression and refusals of either count for the person; of earlier words on consent the stricter one.
    `seen`: the customers in sight of who decides; a person for whom another row stands is not theirs to merge.
    """
    roots = _locked_roots(kept, merged)
    _check(*roots)
    _check_seen(roots, seen)
    rows = set(_rows_of([root.pk for root in roots]))
    row = Merge.objects.create(
        kept=kept, merged=merged, at=at, by=by, why=why[:300], choices=_checked(choices or {}, rows)
    )
    _restand(rows)
    _settle_candidates(rows, at=at, by=by)
    Event.objects.record("customer.merged", subject=kept, by=by, at=at, **_told(row, via))
    enqueue("closedloop.tasks.join_tickets")
    return row


@transaction.atomic
def undo(*, merge: Merge, at: datetime, by: User | None = None, why: str = "", via: str = "") -> Merge:
    """The rows are two people again, each with what came to it since. Merges before and after this one stay."""
    _locked_roots(merge.kept, merge.merged)
    row: Merge = Merge.objects.select_for_update(of=("self",)).select_related("kept", "merged").get(pk=merge.pk)
    if row.undone_at is not None:
        raise MergeRefused("This merge was undone already.")
    rows = set(_rows_of([row.kept.canonical_id_or_own]))
    row.undone_at, row.undone_by, row.undone_why, row.settled_at = at, by, why[:300], None
    row.save(update_fields=["undone_at", "undone_by", "undone_why", "settled_at"])
    _restand(rows)
    _reopen_candidates(rows)
    Event.objects.record("customer.unmerged", subject=row.kept, by=by, at=at, **_told(row, via))
    enqueue("closedloop.tasks.join_tickets")
    return row


def _told(row: Merge, via: str) -> dict[str, int | str]:
    return {"merge": row.pk, "kept": row.kept_id, "merged": row.merged_id, **({"via": via} if via else {})}


def _locked_roots(*customers: Customer) -> list[Customer]:
    """The rows that stand for the customers as they are now, locked in the order of their ids; whoever merges one of
    them meanwhile has been waited for."""
    ids = [customer.pk for customer in customers]
    while True:
        standing = dict(Customer.objects.filter(pk__in=ids).values_list("pk", "canonical"))
        roots = {pk: standing[pk] or pk for pk in ids}
        wanted = Customer.objects.filter(pk__in={*roots.values(), *ids}).order_by("pk")
        locked = {row.pk: row for row in wanted.select_for_update(no_key=True, of=("self",))}
        if all((locked[pk].canonical_id or pk) == root for pk, root in roots.items()):
            return [locked[roots[pk]] for pk in ids]


def _check(kept: Customer, merged: Customer) -> None:
    if kept.pk == merged.pk:
        raise MergeRefused("These rows are one person already.")
    if kept.erased_at or merged.erased_at:
        raise MergeRefused("One of these customers was erased. An erased customer is nobody's duplicate.")


def _check_seen(roots: Sequence[Customer], seen: QuerySet[Customer] | None) -> None:
    if seen is not None and seen.filter(pk__in=[root.pk for root in roots]).count() < len(roots):
        raise MergeRefused("One of these is one person with a customer out of your sight. Who sees them decides.")


def _checked(choices: Mapping[str, int], rows: Collection[int]) -> dict[str, int]:
    for field, row in choices.items():
        if field not in RULES:
            raise MergeRefused(f"{field} is not a field to choose. Known are: {', '.join(RULES)}.")
        if row not in rows:
            raise MergeRefused(f"The value chosen for {field} stands in a row of another person.")
    return dict(choices)


def _rows_of(people: Iterable[int]) -> list[int]:
    """Ids of every row of these canonical people."""
    people = list(people)
    return list(Customer.objects.filter(Q(pk__in=people) | Q(canonical__in=people)).values_list("pk", flat=True))


def _restand(rows: Collection[int]) -> None:
    """Compute anew what stands for these rows, which are all the rows of a person."""
    known = Merge.objects.in_force().filter(merged__in=rows).order_by("pk").values_list("kept", "merged", "at")
    found = standings(rows, [Edge(*merge) for merge in known])
    held = Customer.objects.in_bulk(list(rows))
    changed = [held[row] for row in sorted(found) if (held[row].canonical_id, held[row].canonical_since) != found[row]]
    for customer in changed:
        customer.canonical_id, customer.canonical_since = found[customer.pk]
    Customer.objects.bulk_update(changed, ["canonical", "canonical_since"])


def _settle_candidates(rows: Collection[int], *, at: datetime, by: User | None) -> None:
    """Pairs that are one person now need no review."""
    settled = DuplicateCandidate.objects.open().filter(first__in=rows, second__in=rows)
    settled.update(verdict=MERGED, settled_at=at, settled_by=by)


def _reopen_candidates(rows: Collection[int]) -> None:
    """Pairs that were settled by being merged, and are two people again, are to be looked at once more."""
    person = Coalesce("first__canonical", "first"), Coalesce("second__canonical", "second")
    merged = DuplicateCandidate.objects.filter(first__in=rows, second__in=rows, verdict=MERGED)
    parted = merged.annotate(one=person[0], other=person[1]).exclude(one=F("other")).values("pk")
    DuplicateCandidate.objects.filter(pk__in=[row["pk"] for row in parted]).update(
        verdict="", settled_at=None, settled_by=None
    )


@transaction.atomic
def tell_apart(*, candidate: DuplicateCandidate, at: datetime, by: User | None = None, why: str = "") -> bool:
    """The two are different people, and are not proposed again; False if the pair was settled before."""
    said = {"verdict": DuplicateCandidate.Verdict.DIFFERENT, "settled_at": at, "settled_by": by, "why": why[:300]}
    if not DuplicateCandidate.objects.open().filter(pk=candidate.pk).update(**said):
        return False
    Event.objects.record("customer.told_apart", subject=candidate, by=by, at=at)
    return True


def propose(
    *,
    first: Customer,
    second: Customer,
    at: datetime,
    by: User | None = None,
    reasons: Mapping[str, object] | None = None,
) -> DuplicateCandidate:
    """Put two rows up for review as one person; a pair that was settled is looked at anew."""
    low, high = sorted((first, second), key=lambda row: row.pk)
    said = {"reasons": dict(reasons or {"by_hand": True}), "score": 1.0, "found_at": at}
    anew = {"verdict": "", "settled_at": None, "settled_by": None}
    pair, created = DuplicateCandidate.objects.get_or_create(first=low, second=high, defaults=said)
    if not created and pair.settled_at and low.canonical_id_or_own != high.canonical_id_or_own:
        DuplicateCandidate.objects.filter(pk=pair.pk).update(**anew)
    Event.objects.record("duplicate.proposed", subject=pair, by=by, at=at)
    return pair

"""A new edition of the tree of causes begins as the one in force, each cause taking over its own."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from closedloop.errors import EditionRefused
from closedloop.models import CauseEdition, RootCause
from common.models import Event, User


@transaction.atomic
def draft_edition(*, note: str, by: User | None, at: datetime, second_share: int | None = None) -> CauseEdition:
    """The next edition, to be edited and published. Raises EditionRefused while there is another draft."""
    editions = CauseEdition.objects.select_for_update()
    if editions.filter(published_at=None).exists():
        raise EditionRefused("There is a draft already: publish it first, or delete it.")
    before = CauseEdition.objects.in_force()
    last = editions.aggregate(last=Max("number"))["last"] or 0
    share = before.second_share if before and second_share is None else second_share or 0
    draft = CauseEdition.objects.create(number=last + 1, note=note, second_share=share, made_at=at)
    if before:
        _copy(before, draft)
    Event.objects.record("causes.drafted", subject=draft, by=by, at=at, number=draft.number)
    return draft


def _copy(before: CauseEdition, draft: CauseEdition) -> None:
    old = list(before.causes.all())
    new = RootCause.objects.bulk_create(
        RootCause(edition=draft, code=cause.code, name=cause.name, active=cause.active) for cause in old
    )
    copy_of = {cause.pk: copy for cause, copy in zip(old, new, strict=True)}
    for cause in old:
        copy_of[cause.pk].parent = copy_of[cause.parent_id] if cause.parent_id else None
    RootCause.objects.bulk_update(new, ["parent"])
    takes_over = RootCause.comes_from.through
    takes_over._default_manager.bulk_create(
        takes_over(from_rootcause_id=copy_of[cause.pk].pk, to_rootcause_id=cause.pk) for cause in old
    )

"""Every verb leaves the ticket's clocks as they stand after it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from closedloop.models.tickets.clocks import Clock
from closedloop.models.tickets.pausing import Pausing
from closedloop.models.tickets.reckoning import reckon
from crm.sight import Principal

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Clocking(Pausing):
    """How long the ticket takes."""

    if TYPE_CHECKING:
        clocks: RelatedManager[Clock]

    class Meta:
        abstract = True

    def _done(self, what: str, *, by: Principal, at: datetime, **data: Any) -> None:
        if not self.is_open:
            self.pauses.filter(ends_at__gt=at).update(ends_at=at)
        super()._done(what, by=by, at=at, **data)
        reckon([self], at=at)

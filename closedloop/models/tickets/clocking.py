"""Every verb leaves the ticket's clocks as they stand after it, or marks them to be worked out."""

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

    # set by who does many verbs in a row and then has `services/reckoning.py` work out the clocks of all at once
    clocks_wait = False

    def _done(self, what: str, *, by: Principal, at: datetime, **data: Any) -> None:
        if not self.is_open:
            self.pauses.filter(ends_at__gt=at).update(ends_at=at)
        if self.clocks_wait:
            self.reckoned_at = None
        super()._done(what, by=by, at=at, **data)
        if not self.clocks_wait:
            reckon([self], at=at)

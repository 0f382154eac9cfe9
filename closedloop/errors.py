"""What a verb on a ticket answers when it cannot be done. Nothing has changed when one of these is raised."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal


class TicketRefused(Exception):
    """The step is not possible now; the message says why, to the person who tried."""

    code = "refused"

    @property
    def message(self) -> str:
        return str(self.args[0])


class StaleTicket(TicketRefused):
    """Somebody else, or the customer, changed the ticket since the caller read it."""

    code = "stale"

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__("This ticket has changed since you opened it. Look at what is new, then send again.")
        self.expected = expected
        self.found = found


class LooksCanned(TicketRefused):
    """A letter is nearly the same as one that was written to somebody else; its author may insist."""

    code = "looks_canned"

    def __init__(self, share: Decimal, text: str, at: datetime) -> None:
        super().__init__(
            f"This is nearly the letter of {at:%-d %B} to another customer ({share * 100:.0f} % alike): “{text[:300]}”."
            " Say what was done for this one, or send it all the same."
        )


class EditionRefused(Exception):
    """A tree of causes cannot be published or used so; the message says why, to the person who tried."""

    @property
    def message(self) -> str:
        return str(self.args[0])


class OuterLoopRefused(TicketRefused):
    """An elevation or an initiative cannot be changed so; the message says why, to the person who tried."""

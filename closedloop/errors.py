"""What a verb on a ticket answers when it cannot be done. Nothing has changed when one of these is raised."""

from __future__ import annotations


class TicketRefused(Exception):
    """The step is not possible now; the message says why, to the person who tried."""

    @property
    def message(self) -> str:
        return str(self.args[0])


class StaleTicket(TicketRefused):
    """Somebody else, or the customer, changed the ticket since the caller read it."""

    def __init__(self, *, expected: int, found: int) -> None:
        super().__init__("This ticket has changed since you opened it. Look at what is new, then send again.")
        self.expected = expected
        self.found = found

"""What the closed loop tells on the shopkeeper's card."""

from __future__ import annotations

from closedloop.services import carding
from crm.cards import Section, register

register(
    Section(
        "care", "Promised and not yet done", 20, "closedloop/card_care.html", carding.Care, carding.tell,
        carding.FUNCTION, "tickets:read",
    )
)  # fmt: skip

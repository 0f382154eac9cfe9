"""What asking tells on the shopkeeper's card."""

from __future__ import annotations

from crm.cards import Section, register
from surveys.services import carding

register(
    Section("voice", "What they said", 10, "surveys/card_voice.html", carding.Voice, carding.tell, carding.FUNCTION)
)

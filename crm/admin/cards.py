"""What crm itself tells on the shopkeeper's card."""

from __future__ import annotations

from crm.cards import Section, register
from crm.services.card import belonging, learned, meeting, proposing, reaching, worth

for section in (
    Section("offer", "Offer and ask", 30, "crm/card/offers.html", proposing.Chance, proposing.tell),
    Section("contact", "Reaching them", 40, "crm/card/contact.html", reaching.Reach, reaching.tell),
    Section("learned", "About themselves", 45, "crm/card/learned.html", learned.Learned, learned.tell),
    Section("meetings", "Lately", 50, "crm/card/meetings.html", meeting.Meetings, meeting.tell),
    Section(
        "worth", "Who they are to us", 60, "crm/card/worth.html", worth.Value, worth.tell, worth.FUNCTION, worth.SCOPE
    ),
    Section("accounts", "Belongs to", 70, "crm/card/accounts.html", belonging.Belonging, belonging.tell),
):  # fmt: skip
    register(section)

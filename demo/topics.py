"""What the bank's analysts look for in customers' words: a dozen topics, three of them the complaints that are planted
about the new card, each found by words of its own (`demo/words/complaints.py`)."""

from __future__ import annotations

from datetime import datetime

from common.models import User
from demo.company.bank import Bank
from surveys.models import Topic
from surveys.services.classifying.editing import set_rule

# code: name, what belongs to it, rules by language
TOPICS: dict[str, tuple[str, str, dict[str, str]]] = {
    "card-fee": ("FlexiCard: the monthly fee", "Charged for a card that was sold as free.", {
        "en": "flexicard AND (fee OR charged OR 4.90)",
        "fr": "flexicard AND (frais OR prélève* OR 4,90)",
    }),
    "card-abroad": ("FlexiCard: refused abroad", "Payments in other countries.", {
        "en": "flexicard AND (abroad OR foreign OR hotel OR restaurant OR declined)",
        "fr": "flexicard AND (étranger OR restaurant OR hôtel OR refusée)",
    }),
    "card-pin": ("FlexiCard: the PIN does not come", "The letter or the code to activate the card.", {
        "en": "flexicard AND (pin OR activate)",
        "fr": "flexicard AND (code OR pin OR activer)",
    }),
    "waiting": ("Waiting in the branch", "Queues, counters that are closed.", {
        "en": "wait* OR queue OR (counter NEAR/4 open) OR (line NEAR/3 door)",
        "fr": "attend* OR attente OR queue OR guichet",
    }),
    "manners": ("How people are spoken to", "Courtesy, being listened to, being rushed.", {
        "en": 'polite OR courtesy OR rude OR rushed OR "cut me short" OR (looking NEAR/4 screen)',
        "fr": "poli OR politesse OR impoli OR (regard* NEAR/4 écran) OR pressé*",
    }),
    "call-back": ("Promised calls", "Somebody was to ring, and did or did not.", {
        "en": '"call back" OR "rang back" OR (nobody NEAR/2 rang) OR "ring me"',
        "fr": "rappel* OR (personne NEAR/3 appelé)",
    }),
    "not-settled": ("Not settled", "It had to be said more than once, or is still open.", {
        "en": '"still missing" OR "still not" OR "no further" OR (asked NEAR/2 times) OR (explain* NEAR/6 again)',
        "fr": '"toujours pas" OR "encore fois" OR (expliqu* NEAR/6 recommenc*)',
    }),
    "advice": ("Advice", "How things were explained, the mortgage talk.", {
        "en": "advice OR explain* OR understood OR (mortgage NEAR/2 talk)",
        "fr": "conseil OR expliqu* OR compris",
    }),
    "app": ("App and website", "Everything on a screen of one's own.", {
        "en": "app OR website OR online",
        "fr": "appli* OR site OR ligne",
    }),
    "opening-hours": ("Opening hours and parking", "When and how one gets to a branch.", {
        "en": "hours OR parking OR saturday OR midday",
        "fr": "horaires OR parking OR samedi OR midi",
    }),
    "charges": ("What the bank costs", "Fees and prices other than the card's.", {
        "en": "(charge OR fee OR expensive OR cost*) AND NOT flexicard",
        "fr": "(frais OR cher OR coût*) AND NOT flexicard",
    }),
    "leaving": ("Thinking of leaving", "Other banks, moving the account.", {
        "en": '"other banks" OR (move NEAR/3 account) OR "same elsewhere" OR "send a friend"',
        "fr": '"autre banque" OR "autres banques" OR (changer NEAR/3 banque) OR ailleurs',
    }),
}  # fmt: skip


def set_up_topics(bank: Bank, at: datetime) -> None:
    """By an analyst of the office; answers of the history are read and coded by the worker."""
    office = User.objects.get(username=bank.employees[0].login)
    for code, (name, description, rules) in TOPICS.items():
        topic = Topic.objects.create(code=code, name=name, description=description)
        for language, expression in rules.items():
            set_rule(topic=topic, language=language, expression=expression, by=office, at=at)

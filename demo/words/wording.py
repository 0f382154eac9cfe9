"""What the programs of the bank ask, in English and French, and what managers write into tickets."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

_EN = "How likely are you to recommend Alder Bank to a friend or colleague?"
_FR = "Recommanderiez-vous Alder Bank à un proche ou à un collègue ?"

FURTHER: dict[str, list[dict[str, Any]]] = {  # asked beyond score and reason
    "branch-visit": [
        {"code": "wait", "kind": "satisfaction"},
        {"code": "what", "kind": "multi", "options": ["staff", "advice", "fees", "app"]},
        {
            "code": "fees-how", "kind": "single", "options": ["high", "unclear", "surprise"],
            "ask": {"categories": ["detractor"], "answers": [{"question": "what", "any_of": ["fees"]}]},
        },
    ],
}  # fmt: skip
_MORE_EN = {
    "wait": "How satisfied are you with how long you waited?", "what": "What was your answer about?",
    "what_promoter": "What did we do well?", "what_detractor": "What could have been better?",
    "what.staff": "The people", "what.advice": "The advice", "what.fees": "Fees and rates", "what.app": "The app",
    "fees-how": "What about fees and rates?", "fees-how.high": "They are too high",
    "fees-how.unclear": "They are hard to understand", "fees-how.surprise": "They came as a surprise",
}  # fmt: skip
_MORE_FR = {
    "wait": "Êtes-vous satisfait du temps d'attente ?", "what": "De quoi s'agissait-il ?",
    "what_promoter": "Qu'avons-nous bien fait ?", "what_detractor": "Qu'aurions-nous pu mieux faire ?",
    "what.staff": "Les personnes", "what.advice": "Le conseil", "what.fees": "Les frais et les taux",
    "what.app": "L'application", "fees-how": "Que pensez-vous des frais et des taux ?",
    "fees-how.high": "Ils sont trop élevés", "fees-how.unclear": "Ils sont difficiles à comprendre",
    "fees-how.surprise": "Ils m'ont surpris",
}  # fmt: skip

PROGRAMS: dict[str, tuple[str, dict[str, dict[str, str]]]] = {
    "branch-visit": (
        "After a branch visit",
        {
            "en": {"question": _EN, "subject": "How was your visit?", "intro": "You came to see us. One question, half a minute.",
                   **_MORE_EN},
            "fr": {"question": _FR, "subject": "Comment s'est passée votre visite ?",
                   "intro": "Vous êtes venu nous voir. Une question, trente secondes.", **_MORE_FR},
        },
    ),
    "phone-call": (
        "After a phone call",
        {
            "en": {"question": _EN, "subject": "How was your call with us?", "intro": "You rang us. One question, half a minute."},
            "fr": {"question": _FR, "subject": "Comment s'est passé votre appel ?",
                   "intro": "Vous nous avez appelés. Une question, trente secondes."},
        },
    ),
    "mortgage-talk": (
        "After a mortgage talk",
        {
            "en": {"question": _EN, "subject": "How was our talk about your mortgage?",
                   "intro": "We talked about your mortgage. One question, half a minute."},
            "fr": {"question": _FR, "subject": "Comment s'est passé notre entretien de crédit ?",
                   "intro": "Nous avons parlé de votre crédit immobilier. Une question, trente secondes."},
        },
    ),
}  # fmt: skip

PLANNED: dict[str, tuple[str, str, dict[str, dict[str, str]]]] = {  # kind: name, what it is for, texts
    "relationship": (
        "Once a year, everybody",
        "How customers are with us as a whole, and not only after a visit: half of them, once a year, spread evenly.",
        {
            "en": {"question": _EN, "subject": "One question, once a year", "intro": "How is it for you to bank with us?"},
            "fr": {"question": _FR, "subject": "Une question, une fois par an",
                   "intro": "Comment vous sentez-vous chez nous ?"},
        },
    ),
    "journey": (
        "From the first call to the mortgage",
        "The whole way to a mortgage, not only its last talk.",
        {"en": {"question": _EN, "subject": "How was the way to your mortgage?"}, "fr": {"question": _FR}},
    ),
    "manual": (
        "Proposed by the branch",
        "Branches may propose customers; whom they do not propose is kept beside it.",
        {"en": {"question": _EN}, "fr": {"question": _FR}},
    ),
}  # fmt: skip

PROPOSED = "We know each other well, and the visit went as it should."

CAUSES = {"wait": "wait", "people": "explained", "product": "price", "unresolved": "promise", "general": "other"}

LEARNED: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "wait": (
            "Came at midday with one desk open; had taken time off work for it.",
            "Did not know that payments can be left in the box. Would come on Tuesdays if it were quieter.",
            "Two colleagues were off sick that day; nobody told the people in the queue.",
        ),
        "people": (
            "Did not understand the letter and felt silly asking twice.",
            "Was told three different things about the charge. We had changed it in spring and said so nowhere.",
            "Had been promised a call back; the note was lost at the change of shift.",
        ),
        "product": (
            "Had not been told about the monthly fee of the FlexiCard.",
            "Card declined abroad because the block for foreign payments is on by default.",
        ),
        "unresolved": (
            "The payment was stuck with the clearing house; nobody had told the customer.",
            "The wrong form went out. Ours was two versions behind.",
        ),
        "general": (
            "Nothing in particular; misses the personal contact of earlier years.",
            "Compares our fees with an online bank.",
        ),
    },
    "fr": {
        "wait": (
            "Venue à midi, un seul guichet ouvert ; avait posé une demi-journée.",
            "Deux collègues étaient absents ce jour-là, personne n'a prévenu la file.",
        ),
        "people": (
            "N'a pas compris le courrier et n'a pas osé redemander.",
            "On avait promis de rappeler ; le mot s'est perdu au changement d'équipe.",
        ),
        "product": ("Ne savait pas que la FlexiCard est payante au bout de trois mois.",),
        "unresolved": ("Le virement était bloqué et personne ne l'avait dit au client.",),
        "general": ("Rien de précis ; regrette le contact d'autrefois.",),
    },
}
# what was done, and what it cost
DONE: dict[str, dict[str, tuple[tuple[str, Decimal], ...]]] = {
    "en": {
        "wait": (("Apologised; agreed on a fixed time for the monthly visit.", Decimal(0)),
                 ("Apologised, sent flowers.", Decimal("24.90"))),
        "people": (("Explained the charge line by line and sent it in writing.", Decimal(0)),
                   ("Refunded the disputed charge as a gesture.", Decimal("18.00"))),
        "product": (("Refunded the card fees and closed the card.", Decimal("29.40")),
                    ("Refunded three months of fees.", Decimal("14.70"))),
        "unresolved": (("Traced the payment, rang back the same day.", Decimal(0)),
                       ("Paid the late fee that the delay had caused.", Decimal("35.00"))),
        "general": (("Listened and thanked; offered a yearly talk.", Decimal(0)),),
    },
    "fr": {
        "wait": (("Excuses ; rendez-vous fixé pour la prochaine visite.", Decimal(0)),),
        "people": (("Tout expliqué ligne par ligne, puis confirmé par écrit.", Decimal(0)),
                   ("Frais contestés remboursés à titre commercial.", Decimal("15.00"))),
        "product": (("Frais de carte remboursés, carte résiliée.", Decimal("29.40")),),
        "unresolved": (("Virement retrouvé, client rappelé le jour même.", Decimal(0)),),
        "general": (("Écouté, remercié ; entretien annuel proposé.", Decimal(0)),),
    },
}  # fmt: skip
NO_REACH = {
    "en": (("voicemail", "Left my number."), ("no_answer", "Rang eight times."), ("busy", "")),
    "fr": (("voicemail", "Laissé mon numéro."), ("no_answer", "Huit sonneries."), ("busy", "")),
}
REACHED = {
    "en": ("Reached, good talk.", "Reached; short of time but friendly."),
    "fr": ("Jointe, bon échange.", "Joint brièvement."),
}
WROTE = {
    "en": "We tried to call you about your answer and did not reach you. Please tell us when we may.",
    "fr": "Nous avons essayé de vous joindre au sujet de votre réponse, en vain. Dites-nous quand vous rappeler.",
}
LOOKED_INTO = {
    "en": "They asked not to be called, so from their words and the day's notes alone.",
    "fr": "Ne souhaite pas d'appel ; d'après ses mots et les notes du jour.",
}
LEFT_ALONE = {
    "en": "Asked not to be called. Talked through with the team instead.",
    "fr": "Ne souhaite pas d'appel. Repris avec l'équipe.",
}
SUMMARY = {
    "en": "Talked it through; the customer is content with what we did.",
    "fr": "Tout a été repris ensemble ; le client est satisfait.",
}
STILL = {
    "en": "We could not give what the customer wanted; explained why.",
    "fr": "Impossible d'aller au-delà ; expliqué pourquoi.",
}

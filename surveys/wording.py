"""The words of a survey: a program's own, else the standard ones. Pure; no Django.

Only what a program may say in its own words is here; buttons, notes and errors are interface text (locale/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FALLBACK = "en"
STANDARD: dict[str, dict[str, str]] = {
    "en": {
        "question": "How likely are you to recommend {company} to a friend or colleague?",
        "low": "not at all likely",
        "high": "extremely likely",
        "why_promoter": "What did we do well?",
        "why_promoter_hint": "What should we keep doing? If someone helped you, say who: we pass your thanks on.",
        "why_passive": "What is the main reason for your answer?",
        "why_passive_hint": "What was good enough, and what was missing? One sentence is enough.",
        "why_detractor": "What went wrong for you?",
        "why_detractor_hint": "The main reason in your own words, and what we should have done instead. "
        "One sentence is enough.",
        "subject": "One short question from {company}",
        "intro": "You were in touch with us on {day}. We would like to know how it was for you.",
        "intro_undated": "We would like to know how it is for you to be our customer.",
    },
    "fr": {
        "question": "Dans quelle mesure recommanderiez-vous {company} à un ami ou à un collègue ?",
        "low": "pas du tout probable",
        "high": "extrêmement probable",
        "why_promoter": "Qu’avons-nous bien fait ?",
        "why_promoter_hint": "Que devons-nous continuer à faire ? Si quelqu’un vous a aidé, dites-nous qui : "
        "nous lui transmettrons vos remerciements.",
        "why_passive": "Quelle est la raison principale de votre réponse ?",
        "why_passive_hint": "Qu’est-ce qui était bien, et qu’est-ce qui manquait ? Une phrase suffit.",
        "why_detractor": "Qu’est-ce qui n’a pas été pour vous ?",
        "why_detractor_hint": "La raison principale, avec vos mots, et ce que nous aurions dû faire. "
        "Une phrase suffit.",
        "subject": "{company} : une courte question",
        "intro": "Vous avez été en contact avec nous le {day}. Nous aimerions savoir comment cela s’est passé.",
        "intro_undated": "Nous aimerions savoir ce que vous pensez de nous en tant que client.",
    },
    "ar": {
        "question": "ما مدى احتمال أن توصي صديقًا أو زميلًا بالتعامل مع {company}؟",
        "low": "غير محتمل إطلاقًا",
        "high": "محتمل جدًا",
        "why_promoter": "ما الذي أحسنّا فعله؟",
        "why_promoter_hint": "ما الذي ينبغي أن نستمر في فعله؟ إن ساعدك أحد فاذكر اسمه، وسننقل إليه شكرك.",
        "why_passive": "ما السبب الرئيسي لإجابتك؟",
        "why_passive_hint": "ما الذي كان جيدًا، وما الذي كان ناقصًا؟ جملة واحدة تكفي.",
        "why_detractor": "ما الذي لم يكن على ما يرام؟",
        "why_detractor_hint": "السبب الرئيسي بكلماتك، وما كان ينبغي أن نفعله. جملة واحدة تكفي.",
        "subject": "سؤال قصير واحد من {company}",
        "intro": "تواصلت معنا يوم {day}. نودّ أن نعرف كيف كانت تجربتك.",
        "intro_undated": "نودّ أن نعرف كيف ترى التعامل معنا.",
    },
}
_SLOT = re.compile(r"\{(\w+)\}")


def phrase(key: str, *, language: str, wording: Mapping[str, Mapping[str, str]], default_language: str) -> str:
    """The text of `key`: the program's in `language`, the standard in it, then both in the default language.

    A region falls back on its language: fr-CA takes fr. The last resort is English; an unknown key is empty.
    """
    for code in dict.fromkeys([*_widening(language), *_widening(default_language), FALLBACK]):
        text = wording.get(code, {}).get(key) or STANDARD.get(code, {}).get(key)
        if text:
            return text
    return ""


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the slots of a text: "{company}". An unknown slot stays as it is; no attribute is ever read."""
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), text)


def _widening(language: str) -> list[str]:
    return [language, language.split("-", maxsplit=1)[0]]

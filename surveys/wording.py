"""The words of a survey: a program's own, else the standard ones. Pure; no Django.

Only what a program may say in its own words is here; buttons, notes and errors are interface text (locale/).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

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
        "effort": "How easy was it to get done what you came for?",
        "effort.low": "very difficult",
        "effort.high": "very easy",
        "satisfaction": "How satisfied are you with how you were served?",
        "satisfaction.low": "very dissatisfied",
        "satisfaction.high": "very satisfied",
        "forward": "May we pass your words on to the people they are about, outside our company too?",
        "forward_hint": "With a partner, maker or supplier, for example. This is apart from calling and quoting you.",
        "first_heard": "How did you first hear of {company}?",
        "first_heard.referral": "Somebody recommended you",
        "first_heard.reputation": "I knew your good name",
        "first_heard.returned": "I was your customer before",
        "first_heard.branch": "I saw a branch or office",
        "first_heard.advertising": "Advertising",
        "first_heard.search": "I searched the web",
        "first_heard.comparison": "A comparison site",
        "first_heard.social": "Social media",
        "first_heard.press": "I read about you",
        "first_heard.partner": "A partner or broker",
        "first_heard.sales": "You approached me",
        "first_heard.other": "In another way",
        "reminder_subject": "Your word counts for {company}: one short question",
        "reminder_intro": "We asked you a short while ago and have not heard from you. One number is enough.",
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
        "effort": "A-t-il été facile d’obtenir ce que vous étiez venu chercher ?",
        "effort.low": "très difficile",
        "effort.high": "très facile",
        "satisfaction": "Êtes-vous satisfait de la manière dont vous avez été servi ?",
        "satisfaction.low": "pas du tout satisfait",
        "satisfaction.high": "très satisfait",
        "forward": "Pouvons-nous transmettre vos mots aux personnes concernées, même en dehors de notre entreprise ?",
        "forward_hint": "À un partenaire, un fabricant ou un fournisseur, par exemple. "
        "Cela n’a rien à voir avec un appel ou une citation.",
        "first_heard": "Comment avez-vous entendu parler de {company} pour la première fois ?",
        "first_heard.referral": "Quelqu’un vous a recommandé",
        "first_heard.reputation": "Je connaissais votre réputation",
        "first_heard.returned": "J’étais déjà votre client",
        "first_heard.branch": "J’ai vu une agence ou un bureau",
        "first_heard.advertising": "Par la publicité",
        "first_heard.search": "Par une recherche sur Internet",
        "first_heard.comparison": "Par un site comparateur",
        "first_heard.social": "Par les réseaux sociaux",
        "first_heard.press": "Par la presse",
        "first_heard.partner": "Par un partenaire ou un courtier",
        "first_heard.sales": "Vous m’avez contacté",
        "first_heard.other": "Autrement",
        "reminder_subject": "{company} : votre avis compte, une courte question",
        "reminder_intro": "Nous vous avons écrit récemment et n’avons pas eu de vos nouvelles. Un chiffre suffit.",
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
        "effort": "ما مدى سهولة إنجاز ما جئت من أجله؟",
        "effort.low": "صعب جدًا",
        "effort.high": "سهل جدًا",
        "satisfaction": "ما مدى رضاك عن الخدمة التي تلقيتها؟",
        "satisfaction.low": "غير راضٍ إطلاقًا",
        "satisfaction.high": "راضٍ جدًا",
        "forward": "هل يمكننا نقل كلامك إلى المعنيين به، حتى خارج شركتنا؟",
        "forward_hint": "إلى شريك أو مصنّع أو مورّد مثلًا. لا علاقة لهذا بالاتصال بك أو بالاقتباس من كلامك.",
        "first_heard": "كيف سمعت عن {company} لأول مرة؟",
        "first_heard.referral": "أوصاني بكم أحدهم",
        "first_heard.reputation": "كنت أعرف سمعتكم الطيبة",
        "first_heard.returned": "كنت عميلًا لديكم من قبل",
        "first_heard.branch": "رأيت فرعًا أو مكتبًا",
        "first_heard.advertising": "من الإعلانات",
        "first_heard.search": "بحثت على الإنترنت",
        "first_heard.comparison": "من موقع للمقارنة",
        "first_heard.social": "من وسائل التواصل الاجتماعي",
        "first_heard.press": "قرأت عنكم",
        "first_heard.partner": "من شريك أو وسيط",
        "first_heard.sales": "أنتم تواصلتم معي",
        "first_heard.other": "بطريقة أخرى",
        "reminder_subject": "رأيك يهمّ {company}: سؤال قصير واحد",
        "reminder_intro": "سألناك قبل فترة قصيرة ولم يصلنا ردّ منك. رقم واحد يكفي.",
    },
}
OF_SCORE = frozenset({"question", "low", "high"})  # read together, so in one language
_SLOT = re.compile(r"\{(\w+)\}")


def phrase(key: str, *, language: str, wording: Mapping[str, Mapping[str, str]], default_language: str) -> str:
    """The text of `key`: the program's in `language`, the standard in it, then both in the default language.

    A program that asks for the score in words of its own asks so in every language: where `language` lacks them, its
    question is read in the default language, with the ends of its scale, rather than the standard one. Another language
    is better than another question. A region falls back on its language: fr-CA takes fr. The last resort is English; an
    unknown key is empty.
    """
    spoken = _spoken(language, default_language)
    if key in OF_SCORE and (asked := _asked_in(spoken, wording)):
        spoken = _spoken(asked, default_language)
    for code in spoken:
        text = wording.get(code, {}).get(key) or STANDARD.get(code, {}).get(key)
        if text:
            return text
    return ""


def asks_in(language: str, *, wording: Mapping[str, Mapping[str, str]], default_language: str) -> bool:
    """Whether the question is read in `language` itself: in words of the program's own, or in the standard ones where
    it has none of its own that would come first. In the default language it always asks."""
    if language in _widening(default_language):
        return True
    asked = _asked_in(_spoken(language, default_language), wording)
    return not asked or asked in _widening(language)


def _asked_in(spoken: Sequence[str], wording: Mapping[str, Mapping[str, str]]) -> str:
    """The first of these languages in which the program has a question of its own; empty: none."""
    return next((code for code in spoken if wording.get(code, {}).get("question")), "")


def first_own(
    keys: Sequence[str], *, language: str, wording: Mapping[str, Mapping[str, str]], default_language: str
) -> str:
    """A program's own text of the first of several keys, in each language a particular one before a general one; empty
    where it has none."""
    for code in _spoken(language, default_language):
        texts = wording.get(code, {})
        if text := next((texts[key] for key in keys if texts.get(key)), ""):
            return text
    return ""


def _spoken(language: str, default_language: str) -> list[str]:
    return list(dict.fromkeys([*_widening(language), *_widening(default_language), FALLBACK]))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values in the slots of a text: "{company}". An unknown slot stays as it is; no attribute is ever read."""
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), text)


def _widening(language: str) -> list[str]:
    return [language, language.split("-", maxsplit=1)[0]]

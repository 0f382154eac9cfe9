"""Beginnings of words of law and of safety, by language: told at any hour, and spared by no lot.

"threat" finds "threatened", whatever the case and the accents. What also begins harmless words is left out ("court"
begins courteous, "bless" blessing, "Gericht" is a dish too) or stands with the word before it.
"""

from __future__ import annotations

from typing import Any

GRAVE_WORDS: dict[str, tuple[str, ...]] = {
    "en": (
        "lawyer", "solicitor", "attorney", "sued", "suing", "in court", "to court", "ombudsman", "regulator", "police",
        "fraud", "stolen", "injur", "unsafe", "dangerous", "threat", "suicid", "hospital", "ambulance", "discriminat",
    ),
    "fr": (
        "avocat", "en justice", "au tribunal", "porter plainte", "porté plainte", "médiateur", "autorité de contrôle",
        "escroc", "escroquerie", "frauduleu", "volé", "blessé", "blessure", "dangereu", "menac", "hôpital", "urgences",
        "gendarme", "discriminé",
    ),
    "ar": (
        "محام", "محكمة", "القضاء", "شرطة", "احتيال", "سرقة", "مسروق", "تهديد", "انتحار", "مستشفى", "إسعاف", "إصابة",
    ),
    "de": (
        "anwalt", "anwält", "rechtsanw", "verklag", "vor gericht", "ombuds", "bankenaufsicht", "polizei", "betrug",
        "betrüg", "gestohlen", "verletzt", "verletzung", "gefährlich", "drohung", "bedroht", "selbstmord", "suizid",
        "krankenhaus", "notarzt", "diskriminier",
    ),
    "es": (
        "abogad", "demandar", "denuncia", "tribunal", "defensor del cliente", "policía", "fraude", "robado", "robaron",
        "herido", "herida", "peligros", "amenaz", "ambulancia", "discriminad",
    ),
    "it": (
        "avvocat", "denuncia", "in tribunale", "polizia", "carabinier", "frode", "truffa", "rubato", "ferito",
        "pericolos", "minacci", "ospedale", "ambulanza",
    ),
}  # fmt: skip


def grave_words() -> dict[str, Any]:
    """The condition that a text has any of them; the office sees and changes the words of each language."""
    return {"any": [{"filter": "text_has", "value": list(words)} for words in GRAVE_WORDS.values()]}

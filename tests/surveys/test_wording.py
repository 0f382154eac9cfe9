"""Which words a customer reads, and that every language is whole."""

import gettext
import re
import struct
from pathlib import Path

import pytest
from django.conf import settings

from surveys.wording import STANDARD, asks_in, fill, phrase

OWN = {"en": {"question": "Own?"}, "de": {"question": "Eigene?"}}
CATALOGUES = sorted(Path(settings.BASE_DIR, "locale").glob("*/LC_MESSAGES/django.po"))


@pytest.mark.parametrize(
    ("language", "default", "text"),
    [
        ("en", "en", "Own?"),
        ("en-GB", "en", "Own?"),
        ("fr", "en", "Own?"),
        ("fr-CA", "de", "Eigene?"),
        ("pt", "de", "Eigene?"),
        ("pt", "pt", "Own?"),
    ],
)
def test_a_question_of_the_programs_own_is_read_in_another_language_rather_than_the_standard_one(
    language, default, text
):
    assert phrase("question", language=language, wording=OWN, default_language=default) == text


def test_a_question_of_the_programs_own_is_asked_only_in_its_languages_and_a_standard_one_in_all():
    def asks(wording, default="en"):
        spoken = ("en", "fr-CA", "ar")
        return [code for code in spoken if asks_in(code, wording=wording, default_language=default)]

    assert asks(OWN) == ["en"]
    assert asks({"fr": {"question": "Propre ?"}}) == ["en", "fr-CA", "ar"]  # the default one is the standard one
    assert asks({"fr": {"question": "Propre ?"}}, "fr-BE") == ["fr-CA"]
    assert asks({"ar": {"subject": "X"}}) == ["en", "fr-CA", "ar"]


def test_the_ends_of_the_scale_are_read_in_the_language_of_the_question():
    own = {"en": {"question": "Own?", "low": "never"}, "fr": {"high": "toujours"}}
    said = {"language": "fr", "wording": own, "default_language": "en"}
    assert [phrase(key, **said) for key in ("low", "high")] == ["never", STANDARD["en"]["high"]]


@pytest.mark.parametrize(
    ("key", "wording"),
    [
        ("question", {"en": {"low": "never"}}),
        ("low", {"en": {}}),
        ("subject", {"en": {"question": "Own?", "subject": "X"}}),
    ],
)
def test_other_texts_and_a_program_without_a_question_of_its_own_take_the_standard_of_the_language(key, wording):
    assert phrase(key, language="fr", wording=wording, default_language="en") == STANDARD["fr"][key]


def test_an_unknown_key_has_no_words():
    assert phrase("nothing", language="en", wording={}, default_language="en") == ""


def test_only_plain_slots_are_filled():
    assert fill("{day} {unit.zone} {x}", {"day": "Monday", "unit": "Harbour"}) == "Monday {unit.zone} {x}"


def test_a_value_that_looks_like_a_slot_stays_as_it_is():
    assert fill("{a} {b}", {"a": "{b}", "b": "2"}) == "{b} 2"


@pytest.mark.parametrize("language", sorted(STANDARD))
def test_every_language_has_every_text_with_the_same_slots(language):
    def slots(text):
        return sorted(re.findall(r"\{\w+\}", text))

    assert {key: slots(text) for key, text in STANDARD[language].items()} == {
        key: slots(text) for key, text in STANDARD["en"].items()
    }


def test_every_offered_language_has_standard_texts_and_an_interface():
    offered = {code for code, _ in settings.LANGUAGES}
    assert offered == set(STANDARD)
    assert offered - {"en"} == {path.parts[-3] for path in CATALOGUES}


def entries(po: Path) -> dict[str, str]:
    pairs = re.findall(r'^msgid "(.+)"\nmsgstr "(.*)"$', po.read_text(), re.MULTILINE)
    return {key.replace('\\"', '"'): text.replace('\\"', '"') for key, text in pairs}


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda path: path.parts[-3])
def test_what_is_compiled_is_what_is_written(po):
    with po.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    written = entries(po)
    assert {key: compiled.gettext(key) for key in written} == written
    assert po.with_suffix(".mo").read_bytes()[8:12] == struct.pack("<I", len(written) + 1)  # the header is one more


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated_with_the_same_slots(po):
    for key, text in entries(po).items():
        assert text
        assert sorted(re.findall(r"%\(\w+\)s|</?\w+", key)) == sorted(re.findall(r"%\(\w+\)s|</?\w+", text)), key


def said_on_pages() -> set[str]:
    """Every text that the public pages and the mail ask the catalogue for."""
    templates = sorted(Path(settings.BASE_DIR, "templates/surveys").rglob("*.*"))
    plain = {t for path in templates for t in re.findall(r'{% translate "(.+?)" %}', path.read_text())}
    return plain | set(re.findall(r'_\("(.+?)"\)', Path(settings.BASE_DIR, "surveys/forms.py").read_text()))


@pytest.mark.parametrize("po", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_text_of_the_pages_is_missing(po):
    assert said_on_pages() - set(entries(po)) == set()

"""Language and tone of words. Real reviews were measured elsewhere (docs/algorithms/classifying.md)."""

import pytest

from surveys.words.tone import sentences, tone
from surveys.words.tongue import tongue


@pytest.mark.parametrize(
    ("text", "survey", "allowed", "language"),
    [
        ("J'ai attendu une heure et personne n'est venu", "en", (), "fr"),
        ("J'ai attendu une heure et personne n'est venu", "en", ("en", "de"), "en"),
        ("Ich habe eine Stunde gewartet", "en-GB", ("en", "de"), "de"),
        ("THE QUEUE WAS TERRIBLY LONG", "fr", (), "en"),
        ("Merci beaucoup", "en", (), "en"),  # two words tell nothing
        ("排队等了一个小时没有人来", "en", (), "zh"),
        ("", "pt-BR", (), "pt"),
        ("12345 67 :-)", "ar", (), "ar"),
    ],
)
def test_language_is_read_with_the_survey_as_what_is_likely(text, survey, allowed, language):
    assert tongue(text, survey=survey, allowed=allowed) == language


def test_tone_is_the_mean_over_sentences():
    pleased, cross = "The app is great!", "The staff were rude and nobody helped me."
    assert tone(f"{pleased} {cross}", "en") == pytest.approx((tone(pleased, "en") + tone(cross, "en")) / 2, abs=1e-4)
    assert tone(cross, "en") < 0 < tone(pleased, "en")


def test_tone_is_not_available_in_other_languages_nor_where_nothing_is_said():
    assert tone("C'est terrible", "fr") is None
    assert tone("?!", "en") is None


def test_sentences_keep_the_marks_that_shout_but_not_a_thousand_of_them():
    assert sentences("Bad!!!!!!! So bad.\nNever") == ["Bad!!!", "So bad.", "Never"]
    assert len(sentences("a. " * 3_000)) == 60

"""Personal data is found by its shape and proof, and by what the CRM knows of who wrote."""

import pytest

from surveys.words.masking import Own, mask, mask_unread, spans

INES = Own(
    given_name="Ines", family_name="Moreau", emails=("ines@example.org",), phones=("+442079460471",),
    accounts=("AC-7741", "90318842"), country="GB",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Write to jo.smith+bank@mail.example.co.uk please", "Write to [e-mail] please"),
        ("Call me on 020 7946 0471 after six", "Call me on [phone] after six"),
        ("Call +49 30 901820.", "Call [phone]."),
        ("My card 4111 1111 1111 1111 was swallowed", "My card [card] was swallowed"),
        ("card 4111-1111-1111-1111 cvv 123", "card [card] cvv 123"),
        ("Amex 378282246310005 refused", "Amex [card] refused"),
        ("IBAN DE89 3704 0044 0532 0130 00 please", "IBAN [account] please"),
        ("gb82west12345698765432!", "[account]!"),
        ("SSN 536-22-8731, stolen", "SSN [id number], stolen"),
        ("NI QQ123456C is no real one, AB 12 34 56 C is", "NI QQ123456C is no real one, [id number] is"),
        ("numéro 2 55 08 14 168 025 38 ok", "numéro [id number] ok"),
        ("DNI 12345678Z y NIE X1234567L", "DNI [id number] y NIE [id number]"),
        ("codice RSSMRA85T10A562S", "codice [id number]"),
        ("personnummer 811218-9876", "personnummer [id number]"),
        ("hetu 131052-308T", "hetu [id number]"),
        ("بطاقتي ٤١١١ ١١١١ ١١١١ ١١١١", "بطاقتي [card]"),  # digits as Arabic, Persian and others write them
        ("DE۸۹ 3704 0044 0532 0130 00, ０２０ ７９４６ ０４７１", "[account], [phone]"),
    ],
)
def test_what_is_personal_by_its_shape_and_proof_is_hidden(written, shown):
    assert mask(written, Own(country="GB")) == shown


@pytest.mark.parametrize(
    "written",
    [
        "I waited 45 minutes on 12 May 2026 at 10:30, twice.",
        "It cost 1,234,567.89 euro, order 20261124.",
        "4111 1111 1111 1112 has a wrong check digit",
        "DE89 3704 0044 0532 0130 01 has a wrong check digit",
        "12345678A is no DNI",
        "Rated 10/10 since 2019, 2020 and 2021",
        "happy @ all, will come again",
        "0000 0000 0000 0000",
    ],
)
def test_what_only_looks_like_it_stays(written):
    assert mask(written, Own(country="GB")) == written


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("I am INES MOREAU and I am cross", "I am [name] and I am cross"),
        ("Ines here, again. Moreau!", "[name] here, again. [name]!"),
        ("my address is Ines@Example.org", "my address is [e-mail]"),
        ("about ac-7741 and 9031 8842", "about [account] and [account]"),
        ("ring 946 0471 or 207 946 0471, not 946 0472", "ring [phone] or [phone], not 946 0472"),
        ("the moreaux are ines-credible", "the moreaux are ines-credible"),
        ("Inesita and AC-77412 are others", "Inesita and AC-77412 are others"),
    ],
)
def test_what_the_crm_knows_of_who_wrote_is_hidden_exactly(written, shown):
    assert mask(written, INES) == shown


def test_a_given_name_that_is_a_word_is_hidden_as_a_name_only():
    assert mask("Will you? I will. Will", Own(given_name="will", family_name="X")) == "Will you? I [name]. Will"


def test_a_number_among_hundreds_of_others_or_at_the_end_of_a_very_long_text_is_hidden_too():
    statement = "12.03.2024 1,234.56 fee\n" * 100
    for before in (statement, "a" * 10_000 + "\n\n", "word " * 4_000, "1" * 12_345 + " "):
        assert mask(before + "call 020 7946 0471", Own(country="GB")) == before + "call [phone]"


def test_spans_never_overlap_and_the_longer_one_wins():
    found = spans("ines@example.org is Ines", INES)
    assert [(span.start, span.end, span.mark) for span in found] == [(0, 16, "[e-mail]"), (20, 24, "[name]")]


@pytest.mark.parametrize(
    "hostile",
    ["1 " * 5_000, "1" * 10_000, "a" * 10_000 + "@", "a@" * 5_000, "(1" * 5_000, "+1-" * 3_300, "GB82 " * 2_000,
     "a.b@c." * 1_600, "4111 1111 " * 1_000, "020 7946 0471 " * 700, "1.2.3-4/5 (6) " * 700, "A1" * 5_000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_hostile_text_ends(hostile):
    assert len(mask(hostile, INES)) <= 3 * len(hostile)  # a pattern that backtracks would take hours


def test_of_words_that_nothing_has_read_every_long_number_is_hidden():
    written = "Room 12, order 4711 of 2026-11-24, 030 90 18 20 or ٠٣٠٩٠١٨٢٠!"
    assert mask(written) == written
    assert mask_unread(written) == "Room 12, order 4711 of [phone], [phone] or [phone]!"

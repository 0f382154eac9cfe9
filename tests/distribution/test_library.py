"""Stories, and words that may be quoted: who writes, who publishes, who reads; and what goes when a customer takes
their word back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.models import Event
from crm.models import Channel, Customer, Origin, Purpose
from crm.services.consenting import grant, refuse
from distribution.errors import LibraryRefused
from distribution.models import Entry, Quote, Standing
from distribution.services.library.publishing import feature, publish_story, withdraw
from distribution.services.library.quoting import choose_quote, offered_to
from surveys.models import Response
from tests.distribution.library import SAID, TOLD, answer, closed_case, draft, published
from tests.factories import crm as make
from tests.factories import distribution as tell
from tests.world import NOW

pytestmark = pytest.mark.django_db
QUOTED = "Nobody told [name] that the mortgage papers were lost; call me on [phone]"


def page(client, person, address="/library/", **query):
    client.force_login(getattr(person, "user", person))
    return client.get(address, query)


def refused(world, at=NOW + timedelta(days=1), **fields):
    """As the office takes it down after a telephone call."""
    said = {"channel": Channel.PHONE, "purpose": Purpose.QUOTE, "origin": Origin.CALL}
    return refuse(customer=world.ines, at=at, **{**said, **fields})


# --- telling ---------------------------------------------------------------------------------------------------------


def test_a_second_person_publishes_and_then_everybody_reads_it(world, client):
    story = draft(world, closed_case(world), quotes=True, thanked=[world.helen])
    assert (story.state, story.score_before, story.score_after, story.product) == ("draft", 3, 9, "mortgage")
    assert page(client, world.elsa, story.get_absolute_url()).status_code == 404
    client.force_login(world.helen.user)
    client.post(f"/library/{story.public_id}/publication")
    shown = page(client, world.elsa, story.get_absolute_url()).text
    assert QUOTED.split(";", maxsplit=1)[0] in shown
    assert "Thanks to Helen" in shown
    assert "Ines" not in shown
    assert "7946" not in shown
    assert list(Event.objects.filter(what__startswith="story.").order_by("pk").values_list("what", "by")) == [
        ("story.drafted", world.jonas.user.pk), ("story.published", world.helen.user.pk),
    ]  # fmt: skip


def test_nobody_publishes_what_they_wrote_but_the_office(world):
    ticket = closed_case(world)
    story = draft(world, ticket, by=world.helen)
    with pytest.raises(LibraryRefused, match="Somebody else"):
        publish_story(story=story, by=world.helen.user, at=NOW)
    with pytest.raises(LibraryRefused, match="Somebody else"):
        publish_story(story=story, by=world.elsa.user, at=NOW)  # leads another branch
    assert Entry.objects.get().state == Standing.DRAFT
    own = draft(world, ticket, by=world.olivia)
    assert publish_story(story=own, by=world.olivia.user, at=NOW).state == Standing.PUBLISHED


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"words": "She said nobody told Ines that the mortgage papers were lost."}, "customer's own words"),
        ({"words": "Jonas lost them."}, "names Jonas"),
        ({"title": " "}, "title"),
        ({"words": ""}, "tell what happened"),
    ],
)
def test_what_a_story_may_not_hold(world, fields, why):
    with pytest.raises(LibraryRefused, match=why):
        draft(world, closed_case(world), **fields)
    assert not Entry.objects.exists()


def test_a_colleague_is_named_in_thanks_and_the_customer_never(world):
    words = "Jonas drove over to Ines Moreau, ines@example.org."
    story = draft(world, closed_case(world), words=words, thanked=[world.jonas])
    assert story.words == "Jonas drove over to [name], [e-mail]."


def test_complaints_that_name_a_colleague_are_not_quoted(world):
    about_jonas = "Jonas lost my papers and did not say a word about it"
    with pytest.raises(LibraryRefused, match="name a colleague"):
        draft(world, closed_case(world, comment=about_jonas), quotes=True)
    with pytest.raises(LibraryRefused, match="name Jonas"):
        choose_quote(response=Response.objects.get(comment=about_jonas), by=world.olivia.user, at=NOW)
    praise = answer(world, score=10, comment="Jonas was wonderful, as ever", external_id="praise")
    assert choose_quote(response=praise, by=world.olivia.user, at=NOW).state == "published"


def test_the_form_begins_with_what_was_done_and_says_whether_they_may_be_quoted(world, client):
    ticket = closed_case(world, may_quote=None)
    address = f"/library/stories/ticket/{ticket.public_id}/"
    shown = page(client, world.helen, address).text
    assert "She has her papers." in shown
    assert "They have not let us quote them" in shown
    assert "Make a story of this" in page(client, world.helen, f"/tickets/{ticket.public_id}/").text
    sent = client.post(address, {"title": "Papers found", "words": "Jonas lost them"})
    assert (sent.status_code, "It names Jonas" in sent.text, "Jonas lost them" in sent.text) == (422, True, True)
    assert client.post(address, {"title": "Papers found", "words": TOLD}).status_code == 302
    assert page(client, world.elsa, address).status_code == 404


def test_a_case_that_was_not_put_right_is_no_story(world, client):
    ticket = closed_case(world)
    ticket.closures.update(outcome="unresolved")
    assert page(client, world.helen, f"/library/stories/ticket/{ticket.public_id}/").status_code == 404
    assert "Make a story of this" not in page(client, world.helen, f"/tickets/{ticket.public_id}/").text


# --- what goes when a customer takes their word back -----------------------------------------------------------------


@pytest.mark.parametrize(
    "how",
    [
        refused,
        lambda world: Response.objects.filter(comment=SAID).update(may_quote=False),
        lambda world: Response.objects.filter(comment=SAID).update(comment="Something else"),
        lambda world: Customer.objects.filter(pk=world.ines.pk).update(erased_at=NOW),
        lambda world: refused(world, channel=Channel.EMAIL),
    ],
    ids=["refused by telephone", "taken back in the answer", "words changed", "erased", "refused by mail"],
)
def test_then_it_is_gone_everywhere_at_the_next_request(world, client, how):
    story = published(world, quotes=True)
    quote = choose_quote(response=story.response, by=world.olivia.user, at=NOW)
    assert page(client, world.elsa, q="mortgage papers").text.count("<mark>mortgage</mark>") == 2
    how(world)
    for person in (world.elsa, world.olivia, world.operator):
        assert page(client, person, quote.get_absolute_url()).status_code == 404
        assert "mortgage papers" not in page(client, person).text
        assert "A quote stood here" in page(client, person, story.get_absolute_url()).text
    assert "Nothing found" in page(client, world.elsa, q="mortgage papers").text
    assert "Papers found" in page(client, world.elsa, q="drew up").text
    assert list(offered_to(world.olivia.user).filter(pk=story.response_id, comment=SAID)) == []


def test_what_another_row_of_the_person_refuses_counts(world):
    quote = choose_quote(response=answer(world), by=world.olivia.user, at=NOW)
    twin = make.customer(external_id="twin", unit=world.harbour)
    said = {"channel": Channel.EMAIL, "purpose": Purpose.QUOTE, "at": NOW - timedelta(days=400)}
    refuse(customer=twin, **said)
    assert Entry.objects.visible_to(world.olivia.user).filter(pk=quote.pk).exists()
    Customer.objects.filter(pk=twin.pk).update(canonical=world.ines, canonical_since=NOW)
    assert not Entry.objects.visible_to(world.olivia.user).filter(pk=quote.pk).exists()


def test_what_is_allowed_anew_does_not_bring_earlier_words_back(world):
    quote = choose_quote(response=answer(world), by=world.olivia.user, at=NOW)
    refused(world)

    grant(customer=world.ines, channel=Channel.PHONE, purpose=Purpose.QUOTE, at=NOW + timedelta(days=2))
    assert not Entry.objects.visible_to(world.olivia.user).filter(pk=quote.pk).exists()


# --- choosing, showing first, taking out -----------------------------------------------------------------------------


def test_the_office_chooses_from_what_may_be_quoted(world, client):
    mine = answer(world)
    tell.answer(unit=world.harbour, score=9, comment="Not to be quoted", classified_at=NOW)
    shown = page(client, world.olivia, "/library/quotes/").text
    assert QUOTED.split(";", maxsplit=1)[0] in shown
    assert "Not to be quoted" not in shown
    assert page(client, world.helen, "/library/quotes/").status_code == 404
    client.force_login(world.olivia.user)
    client.post(f"/library/quotes/{mine.public_id}")
    assert client.post(f"/library/quotes/{mine.public_id}").status_code == 404  # not offered a second time
    assert Quote.objects.filter(response=mine).count() == 1
    assert "Nothing waits" in page(client, world.olivia, "/library/quotes/").text


def test_what_is_shown_first_and_what_is_taken_out(world, client):
    story, quote = published(world), choose_quote(response=answer(world), by=world.olivia.user, at=NOW)
    assert feature(entries=[story], shown_first=True, by=world.olivia.user, at=NOW) == 1
    assert feature(entries=[story], shown_first=True, by=world.olivia.user, at=NOW) == 0
    shown = page(client, world.elsa).text
    assert shown.index("Papers found") < shown.index("A customer who gave 3")
    client.force_login(world.elsa.user)
    assert client.post(f"/library/{story.public_id}/withdrawal", {"why": "x"}).status_code == 403
    assert client.post(f"/library/{quote.public_id}/featuring", {"first": "1"}).status_code == 404
    client.force_login(world.helen.user)
    assert client.post(f"/library/{story.public_id}/withdrawal", {"why": ""}).status_code == 422
    client.post(f"/library/{story.public_id}/withdrawal", {"why": "It was another customer"})
    assert "Papers found" not in page(client, world.elsa).text
    withdraw(entry=story, why="again", by=world.olivia.user, at=NOW)
    story.refresh_from_db()
    assert (story.withdrawn_why, story.featured_at) == ("It was another customer", None)


# --- sight -----------------------------------------------------------------------------------------------------------


def test_a_story_for_a_part_of_the_company_is_for_it_alone(world, client):
    story = published(world, audience=world.north)
    readers = {world.rosa: 200, world.helen: 200, world.jonas: 200, world.olivia: 200, world.elsa: 404}
    for person, status in readers.items():
        assert page(client, person, story.get_absolute_url()).status_code == status, person
        assert ("Papers found" in page(client, person).text) is (status == 200), person
        assert ("Papers found" in page(client, person, q="papers").text) is (status == 200), person
        assert Entry.objects.visible_to(person.user).count() == (status == 200), person
    assert Entry.objects.visible_to(world.crm_key).count() == 0


def test_who_moved_away_reads_it_no_longer_and_who_holds_no_role_nothing(world):
    published(world, audience=world.north)
    world.jonas.assignments.all().delete()
    assert Entry.objects.visible_to(world.jonas.user).count() == 0  # though he wrote it
    make.assignment(world.helen, unit=world.station, role="branch")
    world.helen.assignments.filter(unit=world.harbour).delete()
    assert Entry.objects.visible_to(world.helen.user).count() == 0


def test_the_case_is_shown_to_whom_it_is_in_sight(world, client):
    ticket = closed_case(world)
    story = published(world, ticket)
    assert f"/tickets/{ticket.public_id}/" in page(client, world.helen, story.get_absolute_url()).text
    assert "/tickets/" + str(ticket.public_id) not in page(client, world.elsa, story.get_absolute_url()).text


# --- search ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["NOT", "((", '"', "'; DROP TABLE x; --", "a" * 500, "AND OR", "-- * :* & |!"])
def test_nothing_that_is_typed_is_an_error(world, client, words):
    published(world)
    assert page(client, world.elsa, q=words, topic="nothing", unit="x", page="-1").status_code == 200


@pytest.mark.parametrize(
    ("words", "sought", "finds"),
    [
        ("It was not settled until Jonas rang.", '"not settled"', True),
        ("It was settled at once by Jonas.", '"not settled"', False),
        ("Nous avons remboursé les frais de la carte le même jour.", "remboursement carte", True),
        ("The papers turned up.", "paper NOT turned", False),
        ("The papers turned up.", "pap* OR refund", True),
    ],
)
def test_each_entry_is_found_in_its_own_language_and_no_word_is_left_out(world, client, words, sought, finds):
    published(world, words=words, title="-", thanked=[world.jonas])
    assert ("Found for" in page(client, world.elsa, q=sought).text) is finds


def test_hits_are_marked_and_nothing_in_them_is_taken_for_markup(world, client):
    published(world, words="We sent new papers & an <i>apology</i>.")
    shown = page(client, world.elsa, q="apology papers").text
    assert "new <mark>papers</mark> &amp; an" in shown
    assert "<mark>apology</mark>" in shown
    assert "<i>" not in shown
    assert "&lt;i&gt;apology&lt;/i&gt;" in page(client, world.elsa).text


def test_a_long_story_is_shown_around_its_first_hit(world, client):
    published(world, words=f"{'We looked. ' * 60}Then the papers turned up. {'Nobody knew why. ' * 60}")
    shown = page(client, world.elsa, q="papers").text
    assert "… We looked." in shown
    assert "Then the <mark>papers</mark> turned up." in shown
    assert shown.count("We looked.") < 11
    assert shown.count("Nobody knew why.") < 20


def test_a_list_asks_the_same_however_long(world, client):
    ticket = closed_case(world)
    client.force_login(world.elsa.user)
    counted = []
    for more in (1, 15):
        for _ in range(more):
            published(world, ticket, quotes=True)
        for query in ({}, {"q": "papers"}):
            with CaptureQueriesContext(connection) as ran:
                client.get("/library/", query)
            counted.append(len(ran))
    assert counted == [16, 11, 16, 11]

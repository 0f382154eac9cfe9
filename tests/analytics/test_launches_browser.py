"""/insights/launches/ in a real Chromium: nothing that the content policy or axe objects to, on both screens."""

import random
from datetime import date, timedelta

import pytest

from analytics.models import Launch
from analytics.services.filling import fill
from analytics.services.launches.looking import look_at_launches
from surveys.services.classifying.coding import code
from surveys.services.classifying.reading import read_answers
from tests.browser import PHONE, complaints, keep, looks, objections, overflows, page_of, sign_in
from tests.factories import analytics as make
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LAUNCHED = date(2026, 10, 6)  # seven weeks before NOW
SAID = (
    "There is a monthly fee nobody told me of.", "The fee was on my statement after a month.",
    "No PIN after three weeks.", "The card came, the PIN did not.",
    "It was declined abroad, twice.", "Declined abroad in a restaurant.",
)  # fmt: skip
OTHERS = (
    "The queue was a joke.", "Nobody did help me with the form after all.", "It was on hold that I sat for an hour.",
    "Not what I was told before.", "No one came, and the door was shut in the end.",
)  # fmt: skip


@pytest.fixture
def desk(live_server, chromium):
    """Four launches of spring, and a card that falls short and says why. Seed 5."""
    world, rng = build_world(), random.Random(5)

    def bring_out(name, product, day, weights, said, weeks):
        for week in range(weeks):
            for score in rng.choices([10, 8, 3], weights, k=40):
                words = {"comment": rng.choice(said), "language": "en"} if score == 3 and rng.random() < 0.8 else {}
                on = day + timedelta(days=7 * week + rng.randrange(6))
                make.answers(
                    unit=rng.choice([world.harbour, world.mill]), scores=[score], on=on, product=product, **words
                )
        return Launch.objects.create(name=name, product=product, day=day, area=world.north, owner=world.rosa)

    for number, product in enumerate(("loan", "saver", "app", "fund")):
        bring_out(
            product.capitalize(), product, date(2026, 3, 3) + timedelta(days=7 * number), [50, 30, 20], OTHERS, 12
        )
    card = bring_out("The new card", "card", LAUNCHED, [30, 25, 45], SAID, 7)
    while code(at=NOW) or read_answers(at=NOW) or fill(at=NOW):
        pass
    look_at_launches(at=NOW)
    return live_server.url, world, card


def test_the_pages_say_what_fell_short_and_nothing_complains(chromium, desk):
    url, world, card = desk
    page = page_of(chromium)
    sign_in(page, world.olivia.user, url)
    found = objections(page, url)
    for name, path, ready in (
        ("launches", "/insights/launches/", ".rows"),
        ("launch", card.get_absolute_url(), ".plot .main-svg"),
    ):
        for _ in looks(page, f"{url}{path}", name, again=True, ready=ready):
            assert "short" in page.inner_text("h1")
            assert complaints(page) == []
            assert not overflows(page)
    assert found == []


def test_where_nothing_was_launched_the_page_says_what_to_do(chromium, desk):
    url, world, _ = desk
    Launch.objects.all().delete()
    page = page_of(chromium, width=PHONE)
    sign_in(page, world.olivia.user, url)
    page.goto(f"{url}/insights/launches/")
    keep(page, "launches-empty")
    assert "enter one" in page.inner_text(".empty").lower()
    assert complaints(page) == []

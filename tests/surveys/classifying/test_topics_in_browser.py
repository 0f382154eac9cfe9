"""Writing a topic's rule in a real browser: what it finds appears while one writes, what is wrong is said."""

import pytest
from django.urls import reverse

from surveys.models import Topic
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.reading import read_answers
from tests.browser import DESK, PHONE, complaints, keep, objections, overflows, page_of, sign_in
from tests.factories import surveys as make
from tests.world import NOW, build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "dark"), [(PHONE, True), (DESK, False)])
def test_a_rule_shows_what_it_finds_while_it_is_written(chromium, live_server, width, dark):
    world, program = build_world(), make.program()
    for text in ("I waited in the queue for <b>ages</b>", "The queue was long, nobody came", "All fine"):
        make.response(unit=world.harbour, program=program, comment=text, language="en")
    topic = Topic.objects.create(code="waiting", name="Waiting", description="Queues and counters.")
    set_rule(topic=topic, language="en", expression="wait*", by=None, at=NOW)
    read_answers(at=NOW)
    page = page_of(chromium, width=width, dark=dark)
    sign_in(page, world.olivia.user, live_server.url)
    found = objections(page, live_server.url)
    page.goto(live_server.url + reverse("admin:surveys_topic_change", args=[topic.pk]))
    page.get_by_text("1 of 3 comments").wait_for()
    rule = page.locator("[data-topic-rule]").first
    rule.fill("wait* OR queue")
    page.get_by_text("2 of 3 comments").wait_for()
    assert page.locator(".sk-hits mark").all_inner_texts() == ["queue", "waited", "queue"]
    keep(page, f"topic-{width}")
    assert (overflows(page), complaints(page, best_practice=False, within=".sk-preview")) == (False, [])
    rule.fill("wait* OR (")
    page.get_by_text("ends too early").wait_for()
    assert rule.get_attribute("aria-invalid") == "true"
    assert found == []

"""The button that replays a run, on its page and on a decision's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.models import Event
from surveys.models import Decision, Replay, TriggerRun
from surveys.services.triggering import auditing
from surveys.services.triggering.running import run_trigger
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.world import NOW, World


def press(client: Client, person: Any, model: str, pk: int) -> list[str]:
    client.force_login(person)
    page = client.get(reverse(f"admin:surveys_{model}_change", args=[pk])).content.decode()
    assert "Replay from stored inputs and seed" in page
    sent = {"action": "replay_runs", "_selected_action": [pk]}
    reply = client.post(reverse(f"admin:surveys_{model}_changelist"), sent, follow=True)
    assert reply.redirect_chain[-1][0] == reverse(f"admin:surveys_{model}_change", args=[pk])
    return [str(message) for message in reply.context["messages"]]


def test_an_honest_run_follows_from_both_pages(client: Client, world: World):
    ask.version()
    [run] = run_trigger(at=NOW)
    said = [f"The one decision of run {run.pk} follows from what is stored."]
    assert world.olivia.user is not None
    assert press(client, world.olivia.user, "triggerrun", run.pk) == said
    assert press(client, world.olivia.user, "decision", Decision.objects.get().pk) == said
    assert Event.objects.filter(what="trigger.replayed").latest("pk").data == {
        "state": "done", "decisions": 1, "differences": 0,
    }  # fmt: skip


def test_what_was_tampered_with_is_listed_to_whoever_sees_it(client: Client, world: World):
    ask.version(sampling_rate="0")
    [run] = run_trigger(at=NOW)
    Decision.objects.update(reason="asked")
    elsewhere = make.employee(name="Ada", unit=world.station, role="analyst").user
    first = f"1 of 1 decisions of run {run.pk} do not follow from what is stored."
    occasion = Decision.objects.get().occasion
    assert world.olivia.user is not None
    assert press(client, world.olivia.user, "triggerrun", run.pk) == [
        first, f"{occasion}: reason is asked, replayed not_drawn",
    ]  # fmt: skip
    client.force_login(elsewhere)
    page = reverse("admin:surveys_triggerrun_change", args=[run.pk])
    assert client.get(page).status_code in {403, 404}  # a run is of the whole company


@pytest.fixture
def long_run(world: World) -> TriggerRun:
    """One decision more than is replayed while somebody waits, all of them as they were drawn but for their number."""
    ask.version()
    [run] = run_trigger(at=NOW)
    [decision] = Decision.objects.all()
    same = {f.attname: getattr(decision, f.attname) for f in Decision._meta.fields if f.name != "id"}
    rows = [
        Decision(**{**same, "occasion": f"turn:{number}", "customer_id": 10**9 + number})
        for number in range(auditing.AT_ONCE)
    ]
    Decision.objects.bulk_create(rows)
    return run


def test_a_long_run_is_replayed_by_a_worker_and_the_page_moves(client: Client, world: World, long_run: TriggerRun):
    client.force_login(world.olivia.user)
    sent = {"action": "replay_runs", "_selected_action": [long_run.pk]}
    for _ in range(2):  # pressed again while it waits
        reply = client.post(reverse("admin:surveys_triggerrun_changelist"), sent)
        row = Replay.objects.get()
        assert (reply.url, row.state) == (reverse("admin:surveys_replay_change", args=[row.pk]), "waiting")
    assert "It waits for a worker" in client.get(reply.url).content.decode()
    progress = reverse("admin:surveys_replay_progress", args=[row.pk])
    assert client.get(progress)["X-Busy"] == "yes"
    told: list[int] = []

    def clock() -> datetime:
        told.append(Replay.objects.get().decisions_done)
        return NOW

    assert auditing.replay_next(at=NOW, clock=clock) == row
    assert auditing.replay_next(at=NOW, clock=clock) is None
    row.refresh_from_db()
    assert (row.state, row.decisions, row.decisions_done, row.wrong) == ("done", 5001, 5001, 5000)
    assert (told, len(row.differences)) == ([0, 2000, 4000], auditing.KEPT)
    assert client.get(progress)["X-Busy"] == "no"
    page = client.get(reply.url).content.decode()
    assert f"5,000 of 5,001 decisions of run {long_run.pk} do not follow from what is stored." in page
    assert row.sentence in client.get(reverse("admin:surveys_triggerrun_change", args=[long_run.pk])).content.decode()


def test_a_replay_that_lost_its_worker_is_begun_again_and_given_up_after_three_tries(world: World):
    ask.version()
    [run] = run_trigger(at=NOW)
    long_ago = NOW - timedelta(hours=1)
    row = Replay.objects.create(
        run=run, decisions=1, requested_at=long_ago, moved_at=long_ago, state="running", tries=2, decisions_done=1
    )
    assert auditing.replay_next(at=NOW, clock=lambda: NOW) == row
    row.refresh_from_db()
    assert (row.state, row.tries) == ("done", 3)
    Replay.objects.update(state="running")
    auditing.remind(at=NOW + timedelta(hours=1))
    row.refresh_from_db()
    assert (row.state, row.failure) == ("failed", "Its worker stopped three times.")

"""The button that replays a run, on its page and on a decision's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from common.models import Event
from surveys.models import Decision
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
    assert Event.objects.filter(what="trigger.replayed").latest("pk").data == {"decisions": 1, "differences": 0}


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
    assert press(client, elsewhere, "triggerrun", run.pk) == [first]


def test_a_long_run_is_for_the_command_line(world: World):
    ask.version()
    [run] = run_trigger(at=NOW)
    [decision] = Decision.objects.all()
    rows = [
        Decision(**{**{f.attname: getattr(decision, f.attname) for f in Decision._meta.fields if f.name != "id"},
                    "occasion": f"turn:{number}"})
        for number in range(auditing.AT_ONCE)
    ]  # fmt: skip
    Decision.objects.bulk_create(rows)
    with pytest.raises(auditing.TooMany, match=rf"Run {run.pk} has 5,001 decisions\. Replay it with: manage\.py"):
        auditing.audit(run=run, by=world.operator, at=NOW)
    assert not Event.objects.filter(what="trigger.replayed").exists()

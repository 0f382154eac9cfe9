"""Cases of another system come in closed, as they were there, and nobody hears of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail

from closedloop.models import Alert, Clock, ContactAttempt, Observation, SecondCoding, Ticket
from closedloop.services.reckoning import reckon_tickets
from closedloop.services.starting import set_up_defaults
from closedloop.services.summing import clocks_seen, times_by_reason, times_by_stage
from common.models import Event, Load
from crm.models import Hold
from distribution.models import Dispatch
from surveys.models import Turn
from tests.crm.files import load, rejects, sums, written
from tests.factories import closedloop as make
from tests.world import NOW, World

HEAD = "external_id,opened_at,closed_at,unit,policy,customer,reasons,done,outcome,summary,words,attributes.confirmed\n"
DAY = timedelta(days=1)


def line(number: str, opened: str, closed: str, world: World, *more: str) -> str:
    said = [*more, *[""] * (7 - len(more))]
    return f"{number},{opened}T12:00:00Z,{closed}T12:00:00Z,{world.harbour.external_id},standard,{','.join(said)}\n"


@pytest.fixture
def path(world: World, tmp_path: Path) -> Path:
    """Four cases of Harbour: closed after 10, 20, 40 and 30 days; the last in the spring, when clocks are put on."""
    make.policy()
    make.rule(code="everything", condition={})
    ines = world.ines.external_id
    rows = [
        line("c-1", "2026-01-05", "2026-01-15", world, ines, "Waiting too long; Denial", "Paid; Said sorry",
             "resolved", "Paid.", "Nobody rang.", "yes"),
        line("c-2", "2026-01-05", "2026-01-25", world, ines, "Waiting too long", "Upheld"),
        line("c-3", "2026-01-05", "2026-02-14", world, "", "Waiting too long", "", "unreached"),
        line("c-4", "2026-03-10", "2026-04-09", world, "", "Denial").replace("04-09T12", "04-09T11"),  # noon there too
    ]  # fmt: skip
    return written(tmp_path / "cases.csv", HEAD + "".join(rows))


def test_a_case_comes_in_with_its_own_dates_reasons_and_what_was_done(world: World, path: Path):
    set_up_defaults()
    assert sums(load(path, "cases")) == {"received": 4, "created": 4}
    ticket = Ticket.objects.get(origin__observation__external_id="c-1")
    assert (ticket.source, ticket.is_open, ticket.customer, ticket.unit) == ("crm", False, world.ines, world.harbour)
    assert f"{ticket.opened_at:%Y-%m-%d %H:%M}" == "2026-01-05 12:00"
    said = ticket.findings.order_by("pk").values_list("learned", "stated_cause__name", "root_cause")
    assert list(said) == [("Waiting too long", "Waiting too long", None), ("Denial", None, None)]
    assert list(ticket.actions.order_by("pk").values_list("done", "done_at")) == [
        ("Paid", ticket.due_at), ("Said sorry", ticket.due_at),
    ]  # fmt: skip
    closure = ticket.closure
    assert closure
    assert (closure.outcome, closure.summary, f"{closure.at:%Y-%m-%d}") == ("resolved", "Paid.", "2026-01-15")
    assert ticket.brief["noticed"]["case"] == {
        "source": "crm", "number": "c-1", "attributes": [{"label": "Confirmed", "value": "yes"}],
    }  # fmt: skip
    other = Ticket.objects.get(origin__observation__external_id="c-2")
    assert other.closure
    assert other.closure.outcome == "elsewhere"


def test_nobody_is_alerted_written_to_called_or_asked(world: World, path: Path):
    load(path, "cases")
    make.listen()
    while reckon_tickets(at=NOW):
        pass
    for nothing in (Alert, ContactAttempt, Hold, Turn, Dispatch, SecondCoding):
        assert not nothing._default_manager.exists(), nothing
    assert mail.outbox == []
    assert list(Event.objects.values_list("what", flat=True)) == ["load.finished"]


def test_the_same_file_again_changes_nothing_and_another_case_under_a_number_is_refused(world: World, path: Path):
    load(path, "cases")
    ticket = Ticket.objects.get(origin__observation__external_id="c-2")
    ticket.reopen(why="They rang.", by=world.helen.user, at=NOW)
    assert sums(load(path, "cases")) == {"received": 4, "unchanged": 4}
    other = written(path.with_name("more.csv"), HEAD + line("c-2", "2026-01-05", "2026-01-26", world))
    assert sums(load(other, "cases")) == {"received": 1, "rejected": 1}
    assert "Another case is already stored under this number." in rejects(other)[0][1]
    assert (Ticket.objects.count(), Ticket.objects.open().get()) == (4, ticket)


def test_what_cannot_be_a_closed_case_is_refused_with_the_reason(world: World, path: Path):
    rows = [
        line("x-1", "2026-01-05", "2026-01-04", world),
        line("x-2", "2026-01-05", "2099-01-04", world),
        line("x-3", "2026-01-05", "2026-01-06", world).replace("standard", "golden"),
        line("x-4", "2026-01-05", "2026-01-06", world, "", "", "", "joined"),
    ]
    other = written(path.with_name("more.csv"), HEAD + "".join(rows))
    assert sums(load(other, "cases")) == {"received": 4, "rejected": 4}
    why = [reason for _, reason, *_ in rejects(other)]
    assert "before it was opened" in why[0]
    assert "lies in the future" in why[1]
    assert "Unknown service policy 'golden'" in why[2]
    assert why[3].startswith("outcome:")
    assert not Ticket.objects.exists()
    assert not Observation.objects.exists()


def test_how_long_they_took_is_told_apart_from_our_own_tickets(client, world: World, path: Path):
    load(path, "cases")
    seen = clocks_seen(world.helen.user, source="crm")
    (row,) = times_by_stage(seen, since=None, at=NOW)
    # closed after 10, 20 and 30 days by the clock on the wall; who was not reached was not settled
    assert (row.name, row.done, row.judged) == ("resolution", 3, 0)
    assert (row.lower, row.median, row.upper) == (15 * DAY, 20 * DAY, 25 * DAY)
    assert [(each.name, each.done, each.median) for each in times_by_reason(seen, at=NOW)] == [
        ("Denial", 2, 20 * DAY), ("Waiting too long", 2, 15 * DAY),
    ]  # fmt: skip
    assert list(times_by_stage(clocks_seen(world.helen.user), since=None, at=NOW)) == []
    assert not clocks_seen(world.elsa.user, source="crm").exists()
    client.force_login(world.helen.user)
    text = client.get("/tickets/times/?source=crm").content.decode()
    assert "<b>20 d</b>" in text
    assert "Cases of crm" in client.get("/tickets/times/").content.decode()


def test_a_case_that_is_taken_up_again_is_a_ticket_like_any_other(client, world: World, path: Path):
    load(path, "cases")
    ticket = Ticket.objects.get(origin__observation__external_id="c-2")
    client.force_login(world.helen.user)
    text = " ".join(client.get(f"/tickets/{ticket.public_id}/").content.decode().split())
    assert "case c-2 of crm, opened 5 Jan 2026" in text
    assert "Closed 25 Jan 2026: closed in another system" in text
    ticket.reopen(why="They rang.", by=world.helen.user, at=NOW)
    clocks = Clock.objects.filter(ticket=ticket).order_by("round", "pk").values_list("round", "stage", "outcome")
    assert list(clocks) == [(1, "resolution", "met"), *[(2, s, "") for s in ("assign", "attempt", "contact")],
                            (2, "resolution", "")]  # fmt: skip
    assert Load.objects.get().counts["created"] == 4

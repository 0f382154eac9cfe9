"""What the caller is told."""

from datetime import timedelta

from closedloop.wording import avoid, say_first
from tests.factories import closedloop as make
from tests.factories import crm
from tests.world import NOW


def brief_of(response) -> dict:
    return make.ticket(response).brief


def test_the_brief_says_who_what_and_with_whom(world):
    brief = brief_of(make.answer(world.interaction, comment="An hour.", callback=True, callback_phone="+33123456789"))
    assert brief["customer"] == {
        "name": "Ines Moreau", "language": "en", "segment": "", "phone": "+442079460471", "email": "ines@example.org",
    }  # fmt: skip
    assert brief["callback"] == {"wanted": True, "phone": "+33123456789", "best_time": "", "refused_at": None}
    assert (brief["happened"]["kind"], brief["happened"]["unit"], brief["happened"]["employee"]) == (
        "Branch visit", "Harbour", "Jonas",
    )  # fmt: skip
    assert brief["happened"]["attributes"] == [{"label": "Waiting time", "value": 12}]
    assert (brief["answer"]["score"], brief["answer"]["words"]) == (2, "An hour.")


def test_attributes_declared_personal_stay_out(world):
    world.visit.schema["iban"] = {"type": "string", "personal": True}
    world.visit.save()
    world.interaction.attributes["iban"] = "GB33BUKB20201555555555"
    world.interaction.save()
    assert "GB33BUKB" not in str(brief_of(make.answer(world.interaction)))


def test_an_unusable_address_is_not_offered(world):
    world.ines.contact_points.filter(channel="phone").update(unusable_since=NOW)
    assert brief_of(make.answer(world.interaction))["customer"]["phone"] == ""


def test_the_three_last_answers_stand_below_without_this_one(world):
    twin = crm.customer(canonical=world.ines)
    for days, score in ((400, 10), (300, 9), (200, 8), (100, 7)):
        make.answer(world.interaction, score=score, customer=twin, answered_at=NOW - timedelta(days=days))
    brief = brief_of(make.answer(world.interaction))
    assert [row["score"] for row in brief["earlier_answers"]] == [7, 8, 9]
    assert brief["answer"]["previous_score"] == 7


def test_earlier_tickets_stand_below_with_what_came_of_them(world):
    first = make.ticket(make.answer(world.interaction))
    first.close(outcome="no_action", summary="Known already.", by=None, at=NOW)
    brief = brief_of(make.answer(world.interaction, score=1))
    assert [(row["id"], row["outcome"], row["summary"]) for row in brief["earlier_tickets"]] == [
        (first.pk, "no_action", "Known already.")
    ]


def test_a_signal_about_something_else_leaves_the_brief_about_what_opened_it(world):
    ticket = make.ticket(make.answer(world.interaction, comment="An hour."))
    make.answer(crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour), score=9, comment="Fine.")
    make.listen()
    ticket.refresh_from_db()
    assert ticket.brief["answer"]["words"] == "An hour."
    assert [row["words"] for row in ticket.brief["earlier_answers"]] == ["Fine."]


def test_an_anonymous_answer_has_a_brief_too(world):
    left = {"callback": True, "callback_phone": "+442079460999"}
    brief = brief_of(make.answer(world.interaction, customer=None, interaction=None, employee=None, **left))
    assert (brief["customer"]["name"], brief["happened"]["kind"], brief["earlier_answers"]) == ("", "", [])
    assert brief["say"][0] == "Thank them for the answer they gave at Harbour."


def test_what_to_say_first_follows_from_the_case(world):
    make.answer(world.interaction, score=9, answered_at=NOW - timedelta(days=100))
    brief = brief_of(make.answer(world.interaction, score=2, callback=True))
    assert brief["say"] == [
        "Thank them for the answer about the branch visit at Harbour.",
        "They gave a score and no words: ask what lay behind it, and listen.",
        "They gave 9 before. Ask what has changed since.",
        "They asked to be called. Ask first whether now is a good moment.",
        "Say sorry for what happened, once, without a reason attached.",
    ]
    assert brief["avoid"][0] == "Putting the blame on Jonas or anybody else."
    assert say_first(brief) == brief["say"]
    assert avoid(brief) == brief["avoid"]

"""Which program leaves the customers of a unit to another: the pure rule, and what the one before it stored."""

from __future__ import annotations

from typing import Any

import pytest

from surveys.allocating import Standing, follows, gives_way


@pytest.mark.parametrize(
    ("own", "others", "answer"),
    [
        ((102, 102), [(101, 102)], True),
        ((130, 102), [(102, 102), (0, 23)], True),
        ((101, 102), [(0, 102)], False),  # it needs them itself
        ((102, 102), [(23, 23), (30, 23)], False),  # nobody else does
        ((102, 102), [], False),
    ],
)
def test_a_program_with_its_answers_gives_way_to_one_that_lacks_them(
    own: tuple[int, int], others: list[tuple[int, int]], answer: bool
):
    assert gives_way(Standing("visits", *own), [Standing("calls", *other) for other in others]) is answer


@pytest.mark.parametrize(("answers", "right"), [(5, True), (4, False)])
def test_what_is_stored_is_held_against_the_rule(answers: int, right: bool):
    own = {"program": "visits", "answers": answers, "wanted": 5}
    lacking = [{"program": "calls", "answers": 0, "wanted": 102}]
    assert follows({"own": own, "lacking": lacking}) is right


def wish(program: str, worth: float, *, now: bool = True, starves: bool = False) -> dict[str, Any]:
    return {"program": program, "worth": worth, "now": now, "starves": starves}


@pytest.mark.parametrize(
    ("wishes", "kept_for"),
    [
        ([wish("visits", 0.1), wish("calls", 0.2, now=False)], "calls"),
        ([wish("visits", 0.9), wish("calls", 0.1, starves=True)], "calls"),
        ([wish("loyalty", 0.1, now=False), wish("visits", 0.1)], "visits"),
        ([wish("visits", 0.1), wish("calls", 0.1)], "visits"),
    ],
)
def test_what_was_stored_by_worth_is_still_held_against_worth(wishes: list[dict[str, Any]], kept_for: str):
    codes = [wish["program"] for wish in wishes]
    assert [code for code in codes if follows({"for": code, "wishes": wishes})] == [kept_for]

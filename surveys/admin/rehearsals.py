"""The time machine in the console: how far it is, and what it found."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.text import grouped
from crm.models import Customer, Interaction, OrgUnit
from surveys.admin.long_work import LongWorkAdmin
from surveys.models import Reason, Rehearsal
from surveys.services.rehearsing.counting import MARGIN

MOST_ROWS = 60  # units on the page, which says how many more there are
TOOK = {"asked": "{} had asked them", "left": "They were left to {}"}
SIDES = (("proposed", "This version"), ("in_force", "In force, run as well"), ("really", "What happened"))


@admin.register(Rehearsal)
class RehearsalAdmin(LongWorkAdmin):
    list_display = ("version", "first_day", "last_day", "state", "days_done", "requested_at", "by")
    list_select_related = ("version__program", "by")
    list_filter = ("state",)
    search_fields = ("version__program__name", "version__program__code")
    fields = ("version", "by", "requested_at", "started_at", "finished_at")
    ordering = ("-requested_at",)
    change_form_outer_before_template = "admin/surveys/rehearsal.html"

    def shown(self, request: HttpRequest, work: Rehearsal) -> dict[str, Any]:
        page = {"rehearsal": work, "title": finding(work)}
        return page | told(work) | {"sample": _sample(work, request.user)} if work.state == "done" else page


def _sample(row: Rehearsal, reader: Any) -> list[dict[str, Any]]:
    """Some of whom it would have asked, as far as the reader sees them: when, whom, where, about what. Few queries."""
    drawn: list[dict[str, Any]] = row.result.get("sample", [])
    if not drawn:
        return []
    customers = Customer.objects.visible_to(reader, "crm.view_customer").in_bulk([one["customer"] for one in drawn])
    units = OrgUnit.objects.in_bulk([one["unit"] for one in drawn])
    met = Interaction.objects.visible_to(reader, "crm.view_interaction").select_related("kind")
    about = met.in_bulk([one["interaction"] for one in drawn if one["interaction"]])
    return [
        {
            "day": date.fromisoformat(one["day"]), "customer": customers[one["customer"]],
            "unit": units.get(one["unit"]), "interaction": about.get(one["interaction"]),
        }
        for one in drawn
        if one["customer"] in customers
    ]  # fmt: skip


def finding(row: Rehearsal) -> str:
    """What the page says first."""
    if row.state != "done":
        return f"Time machine: {row.version}"
    proposed, old = row.result["arms"]["proposed"], row.result["arms"].get("in_force")
    if not proposed["asked"]:
        return f"{row.version} would have asked nobody{_mostly(proposed, row.result)}"
    said = f"{row.version} would have asked {grouped(proposed['asked'])} times"
    if old is not None:
        more = proposed["asked"] - old["asked"]
        said += (
            f", {grouped(abs(more))} {'more' if more > 0 else 'fewer'} than what is in force"
            if more
            else ", as often as now"
        )
    return f"{said}; {_precise(proposed)} within ±{MARGIN:g} points"


def _precise(side: dict[str, Any]) -> str:
    """ "2,310 of 2,500 units"; of results from before all of them were counted, as far as they are in it."""
    if "precise" in side:
        return f"{grouped(side['precise'])} of {grouped(side['number_of_units'])} units"
    precise, kept = sum(unit["half_width"] <= MARGIN for unit in side["units"]), len(side["units"])
    largest = "the largest " if kept < side["number_of_units"] else ""
    return f"{grouped(precise)} of {largest}{grouped(kept)} units"


def _mostly(side: dict[str, Any], result: dict[str, Any]) -> str:
    """Why, where nobody would have been asked."""
    reasons = Counter(side["reasons"])
    if not reasons:
        nothing = "nothing happened that it could have asked about"
        others = sum(one["asked"] for one in side["programs"])
        if others:
            return (
                f": {nothing}, while other programs would have asked {grouped(others)} time{'' if others == 1 else 's'}"
            )
        return f": {nothing}, only what other programs look at" if result["persons"] else f": {nothing}"
    reason, number = reasons.most_common(1)[0]
    return f": “{dict(Reason.choices)[reason]}” at {grouped(number)} of {grouped(side['occasions'])} occasions"


def told(row: Rehearsal) -> dict[str, Any]:
    """The tables of the page."""
    result = row.result
    known = [(title, side) for name, title in SIDES if (side := _side(result, name))]
    titles, sides = [title for title, _ in known], [side for _, side in known]
    return {
        "sides": titles, "known_from": result["known_from"], "persons": result["persons"],
        "sums": _sums(result, sides), "reasons": _reasons(sides), "windows": _windows(sides),
        "rivals": _rivals(row.version.program.code, sides), "times": _times(sides),
        "units": _units(result), "strata": _strata(result), "margin": MARGIN,
        "others": _others(result), "hidden": max(0, result["arms"]["proposed"]["number_of_units"] - MOST_ROWS),
        "days": (row.first_day, row.last_day), "weeks": result["weeks"], **_data(row),
    }  # fmt: skip


def _data(row: Rehearsal) -> dict[str, Any]:
    """From when there is data, where that is after the first day; and whether nobody had been asked before it."""
    told_from = row.result.get("data_from")
    began = date.fromisoformat(told_from) if told_from else None
    return {
        "data_from": began if began and began > row.first_day else None,
        "weeks_of_data": row.result.get("weeks_of_data"), "cold": row.result.get("asked_before") is False,
    }  # fmt: skip


def _side(result: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = result["really"] if name == "really" else result["arms"].get(name) or {}
    return found


def _sums(result: dict[str, Any], sides: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    weeks = result.get("weeks_of_data", result["weeks"])
    detracting = [side.get("detractors_a_week", side.get("detractors", 0) / weeks) for side in sides]
    return [
        ("Occasions decided about", [grouped(side["occasions"]) for side in sides]),
        ("Asked", [grouped(side["asked"]) for side in sides]),
        ("Answers (expected, or come)", [f"{side['answers']:,.0f}" for side in sides]),
        ("Detractors to call a week", [f"{number:,.1f}" for number in detracting]),
    ]


def _reasons(sides: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, int]]]]:
    """For each reason, in the order of `Reason`, number and share of every side."""
    names = dict(Reason.choices)
    codes = [code for code in names if any(side["reasons"].get(code) for side in sides)]
    return [
        (names[code], [_share(side["reasons"].get(code, 0), side["occasions"]) for side in sides]) for code in codes
    ]


def _windows(sides: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """For each window that spared somebody, how many occasions; of what happened it is not counted."""
    names = dict.fromkeys(name for side in sides for name in side.get("windows", {}))
    return [
        (name, [grouped(side["windows"].get(name, 0)) if "windows" in side else "" for side in sides]) for name in names
    ]


def _rivals(own: str, sides: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """For each program whose question spared somebody, or to which somebody was left: how many occasions."""
    known = {(one["code"], how): one["name"] for side in sides for one in side.get("rivals", ()) for how in TOOK}
    found = []
    for (code, how), name in known.items():
        numbers = [
            {one["code"]: one[how] for one in side["rivals"]}.get(code, 0) if "rivals" in side else None
            for side in sides
        ]  # fmt: skip
        if any(numbers):
            told = TOOK[how].format("This program itself" if code == own else name)
            found.append((told, ["" if number is None else grouped(number) for number in numbers]))
    return found


def _times(sides: list[dict[str, Any]]) -> list[tuple[str, list[tuple[str, int]]]]:
    """How often persons were asked."""
    names = {"0": "never", "1": "once", "2": "twice", "3": "three times", "4": "four times", "5": "five times or more"}
    counts = [side["times"] for side in sides]
    used = [code for code in names if any(count.get(code) for count in counts)]
    return [
        (names[code], [_share(count.get(code, 0), sum(count.values())) for count in counts]) for code in used
    ]  # fmt: skip


def _share(number: int, of: int) -> tuple[str, int]:
    return grouped(number), round(100 * number / of) if of else 0


def _units(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Units of this version, each with what is in force beside it, and a bar of its half width."""
    old = {unit["id"]: unit for unit in (result["arms"].get("in_force") or {}).get("units", [])}
    units = result["arms"]["proposed"]["units"][:MOST_ROWS]
    return [{**unit, "old": old.get(unit["id"]), "bar": min(100, round(unit["half_width"]))} for unit in units]


def _strata(result: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = result["arms"]["proposed"]["strata"]
    return found if len(found) > 1 else []


def _others(result: dict[str, Any]) -> list[tuple[str, int, int | None]]:
    """(program, asked, asked in force) of every program."""
    old = {one["code"]: one["asked"] for one in (result["arms"].get("in_force") or {}).get("programs", [])}
    return [(one["name"], one["asked"], old.get(one["code"])) for one in result["arms"]["proposed"]["programs"]]

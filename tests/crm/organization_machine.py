"""Any sequence of moves, openings, mergers, divisions, closings and back-dated corrections, held against a model of the
organization that a child could check: for every day one dictionary of who stands under whom, copied after every step.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from hypothesis import strategies as st

from analytics.maths.scorecards import Period
from analytics.services.filling import fill
from analytics.services.tallying import Cut, tally
from crm.dated import Span
from crm.models import Assignment, OrgUnit
from crm.services.organization.knowing import pairs
from crm.services.organization.succeeding import close_unit, divide_unit, merge_units, reopen_unit
from crm.services.placing import assign, place
from crm.viewpoints import View
from tests.factories import analytics as make_answers
from tests.factories import crm as make

TODAY = timezone.now().date()
FIRST, LAST = TODAY - timedelta(days=20), TODAY + timedelta(days=6)  # days on which something changes
DAYS = [FIRST + timedelta(days=n - 2) for n in range((LAST - FIRST).days + 5)]
EVER = DAYS[0] - timedelta(days=400)
BEGAN = datetime.combine(TODAY, datetime.min.time(), UTC)
UNITS = 11  # head office, three regions, four branches, three that may be opened
ROOTED = 8
SHARES = ((1, 1), (1, 3), (1, 1, 2), (2, 3))

days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
unit, leaf, region = st.integers(1, UNITS - 1), st.integers(4, UNITS - 1), st.integers(0, 3)
moves = st.tuples(st.just("move"), unit, st.integers(0, UNITS - 1), days, st.none() | days)
openings = st.tuples(st.just("move"), st.integers(ROOTED, UNITS - 1), region, days, st.none())
mergers = st.tuples(st.just("merge"), st.sets(leaf, min_size=1, max_size=3), leaf, days)
takeovers = st.tuples(st.just("merge"), st.sets(unit, min_size=1, max_size=2), unit, days)
splits = st.tuples(
    st.just("divide"), leaf, st.lists(unit, min_size=2, max_size=3, unique=True), st.sampled_from(SHARES), days
)
hires = st.tuples(st.just("assign"), st.integers(0, 4), unit, days, st.none() | days)
closings = st.tuples(st.just("close"), leaf, days) | st.tuples(st.just("reopen"), unit)
steps = openings | openings | moves | mergers | takeovers | splits | splits | splits | closings | hires
some_day = st.sampled_from(DAYS)  # from the first that anything can be known of to the last
stories = st.lists(steps, min_size=3, max_size=10)


def on(number: int) -> date:
    return FIRST + timedelta(days=number)


STORIES: tuple[list[tuple[Any, ...]], ...] = (  # what chance seldom tells, each with something of everything
    [
        ("move", 8, 2, on(3), None), ("move", 9, 3, on(6), None), ("divide", 4, [8, 9], (1, 3), on(8)),
        ("divide", 8, [8, 5], (1, 1), on(12)), ("merge", {9}, 6, on(14)), ("move", 8, 1, on(2), on(5)),
        ("assign", 1, 9, on(2), on(25)), ("assign", 2, 8, on(24), None),
    ],
    [
        ("assign", 0, 5, on(1), on(24)), ("assign", 0, 6, on(3), None), ("move", 8, 2, on(2), None),
        ("merge", {5, 6}, 8, on(4)), ("merge", {5, 6}, 8, on(9)),
        ("move", 6, 1, on(1), on(3)),
        ("merge", {5, 6}, 8, on(5)), ("divide", 8, [7, 4], (2, 3), on(12)), ("merge", {1}, 2, on(15)),
    ],
    [
        ("move", 10, 1, on(10), None), ("divide", 7, [7, 10], (1, 3), on(10)), ("divide", 7, [10, 4], (1, 1), on(15)),
        ("divide", 7, [10, 5], (1, 1), on(13)), ("reopen", 7), ("close", 7, on(16)),
    ],
    [
        ("move", 9, 3, on(15), None), ("merge", {4, 6}, 9, on(15)), ("move", 8, 9, on(17), None),
        ("move", 3, 1, on(0), on(9)),
        ("divide", 9, [9, 8], (1, 1), on(19)), ("move", 2, 3, on(11), None), ("close", 5, on(2)), ("reopen", 5),
    ],
)  # fmt: skip


@dataclass
class Known:
    """What the house knows at a moment."""

    places: dict[date, dict[int, int | None]] = field(default_factory=lambda: {day: {} for day in DAYS})
    works: dict[date, set[tuple[int, int]]] = field(default_factory=lambda: {day: set() for day in DAYS})
    heirs: dict[int, dict[date, dict[int, Decimal]]] = field(default_factory=lambda: defaultdict(dict))
    closed: dict[int, date] = field(default_factory=dict)

    def above(self, unit: int, day: date) -> list[int]:
        """The unit and all above it; nothing where it stands nowhere."""
        tree, found = self.places[day], []
        at: int | None = unit if unit in tree else None
        while at is not None:
            assert at not in found, "a circle"
            found.append(at)
            at = tree.get(at)
        return found

    # --- steps: each changes one dictionary a day ---------------------------------------------------------------------

    def move(self, unit: int, parent: int, since: date, until: date | None) -> None:
        for day in DAYS:
            if since <= day and (until is None or day < until):
                self.places[day][unit] = parent

    def forget(self, unit: int, on: date | None = None) -> None:
        for since, shares in list(self.heirs[unit].items()):
            if unit in shares:
                continue
            del self.heirs[unit][since]
            before = self.places[since - timedelta(days=1)]
            if on and len(shares) == 1 and unit in before:
                self.move(unit, before[unit], since, on) if since < on else None

    def merge(self, units: list[int], into: int, on: date) -> None:
        for each in units:
            self.forget(each, on)
        then = dict(self.places[on])
        above = then[into]
        while above in units:
            above = then[above]
        for day in DAYS[DAYS.index(on) :]:
            for child, parent in list(self.places[day].items()):
                if parent in units and child not in units:
                    self.places[day][child] = above if child == into else into
            for each in units:
                self.places[day][each] = into
            self.works[day] = {(who, into if where in units else where) for who, where in self.works[day]}
        for each in units:
            self.heirs[each][on] = {into: Decimal(1)}
            self.closed[each] = on

    def divide(self, unit: int, shares: dict[int, Decimal], on: date) -> None:
        if unit not in shares:
            self.forget(unit, on)
            self.end(unit, on)
        self.heirs[unit][on] = shares

    def assign(self, who: int, unit: int, since: date, until: date | None) -> None:
        for day in DAYS:
            if since <= day and (until is None or day < until):
                self.works[day].add((who, unit))

    def close(self, unit: int, on: date) -> None:
        self.forget(unit)
        self.end(unit, on)

    def end(self, unit: int, on: date) -> None:
        self.closed[unit] = on
        for day in DAYS:
            if day >= on:
                self.works[day] = {(who, where) for who, where in self.works[day] if where != unit}

    def reopen(self, unit: int) -> None:
        self.forget(unit)
        self.closed.pop(unit, None)

    # --- points of view -----------------------------------------------------------------------------------------------

    def counts_at(self, unit: int, day: date, person: str, view: View) -> int | None:
        """The unit for which an answer counts; the unit itself in a report as it was."""
        on = view.day(TODAY)
        return unit if on is None else self._before(unit, on, person) or self._heir(unit, day, on, person)

    def _heir(self, unit: int, day: date, on: date, person: str) -> int:
        ends = sorted(d for d, shares in self.heirs[unit].items() if len(shares) > 1 and d <= on)
        taken = [d for d in ends if d > day] or [d for d in ends if unit not in self.heirs[unit][d]][-1:]
        while taken:
            heir = _drawn(unit, self.heirs[unit][taken[0]], person)
            taken = sorted(d for d, shares in self.heirs[heir].items() if len(shares) > 1 and taken[0] < d <= on)
            unit = heir
        return unit

    def _before(self, unit: int, on: date, person: str, seen: tuple[int, ...] = ()) -> int | None:
        """Of a unit that came later than the day: whom it came from."""
        stood = [day for day in DAYS if unit in self.places[day]]
        if not stood or stood[0] <= on:
            return unit if seen else None
        if unit in seen:
            return -1
        from_ = {d for u, ends in self.heirs.items() for d, shares in ends.items() if unit in shares and u != unit}
        first = [u for u, ends in self.heirs.items() if u != unit and unit in ends.get(min(from_, default=EVER), {})]
        if not first:
            parent = self.places[stood[0]][unit]
            return -1 if parent is None else self._before(parent, on, person, (*seen, unit))
        chosen = first[0] if len(first) == 1 else _drawn(-unit, dict.fromkeys(first, Decimal(1)), person)
        return self._before(chosen, on, person, (*seen, unit))


def _drawn(salt: int, shares: dict[int, Decimal], person: str) -> int:
    lot = int.from_bytes(hashlib.sha256(f"{salt}:{person}".encode()).digest()[:4], "big") * sum(shares.values())
    passed = Decimal(0)
    for heir in sorted(shares):
        passed += shares[heir] * 2**32
        if lot < int(passed / sum(shares.values())) * sum(shares.values()):
            return heir
    return max(shares)


class Organization:
    """A company with answers; `story` takes it through steps, in the database and in the model."""

    def __init__(self) -> None:
        calendar = make.calendar()
        self.units = [make.unit(name=f"Unit {n}", calendar=calendar) for n in range(UNITS)]
        self.ids = [each.pk for each in self.units]
        self.first = Known()
        for n in range(ROOTED):
            parent = None if n == 0 else self.units[0] if n < 4 else self.units[1 + n % 3]
            place(unit=self.units[n], parent=parent, since=EVER, at=BEGAN - timedelta(days=900))
            self.first.move(self.ids[n], parent.pk if parent else None, EVER, None)
        self.people = [
            make.employee(name=f"leader{n}", unit=self.units[n], role="region", since=EVER) for n in (0, 1, 2, 3, 5)
        ]
        for row in Assignment.objects.filter(employee__in=self.people):
            for day in DAYS:
                self.first.works[day].add((row.employee_id, row.unit_id))
        self.answers = list(self._answers())
        fill(at=BEGAN)

    def _answers(self) -> Iterator[tuple[int, date, str, int]]:
        """(unit, day, who, promoter or not)"""
        rng = random.Random(20261122)
        customers = [make.customer() for _ in range(12)]
        for n, where in enumerate(self.units):
            for day in rng.sample([d for d in DAYS if d <= TODAY], 7):
                who = rng.choice([None, *customers])
                score = rng.choice((10, 3, 8))
                row = make_answers.answers(unit=where, scores=[score], on=day, customer=who)[0]
                yield self.ids[n], day, str(who.pk) if who else f"r{row.pk}", score

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """What happens within is taken back."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def play(self, story: list[tuple[Any, ...]], day: date = FIRST + timedelta(days=13)) -> int:
        """Every step, with all checks, reports as of `day` among them; returns how many steps the house accepted."""
        self.day = day
        self.moment, self.known, self.past = BEGAN, deepcopy(self.first), [(BEGAN, deepcopy(self.first))]
        self.reported = [(BEGAN, view, self.report(view)) for view in self.views()]
        OrgUnit.objects.filter(pk__in=self.ids).update(closed_on=None)
        done = 0
        for step in story:
            self.moment += timedelta(minutes=7)
            if self.take(*step):
                done += 1
                self.past.append((self.moment, deepcopy(self.known)))
                self.reported += [(self.moment, view, self.report(view)) for view in self.views()[done % 3 :: 3]]
        self.check()
        return done

    def take(self, kind: str, *asked: Any) -> bool:
        """A step in the house; in the model only if the house accepted it."""
        model = deepcopy(self.known)
        try:
            with transaction.atomic():
                getattr(self, f"_{kind}")(model, *asked)
        except ValidationError:
            return False
        self.known = model
        return True

    def _move(self, model: Known, n: int, parent: int, since: date, until: date | None) -> None:
        if until is not None and until <= since:
            since, until = until, since + timedelta(days=1)
        place(unit=self._fresh(n), parent=self._fresh(parent), since=since, until=until, at=self.moment)
        model.move(self.ids[n], self.ids[parent], since, until)

    def _merge(self, model: Known, among: set[int], into: int, on: date) -> None:
        units = [self._fresh(n) for n in sorted(among)]
        merge_units(units=units, into=self._fresh(into), on=on, at=self.moment)
        model.merge([each.pk for each in units], self.ids[into], on)

    def _divide(self, model: Known, n: int, heirs: list[int], parts: tuple[int, ...], on: date) -> None:
        shares = {
            self._fresh(heir): Decimal(part) / sum(parts[: len(heirs)])
            for heir, part in zip(heirs, parts, strict=False)
        }
        divide_unit(unit=self._fresh(n), heirs=shares, on=on, at=self.moment)
        model.divide(self.ids[n], {heir.pk: share for heir, share in shares.items()}, on)

    def _assign(self, model: Known, who: int, n: int, since: date, until: date | None) -> None:
        if until is not None and until <= since:
            since, until = until, since + timedelta(days=1)
        job = {"unit": self._fresh(n), "role": "region", "since": since, "until": until}
        assign(employee=self.people[who], at=self.moment, **job)
        model.assign(self.people[who].pk, self.ids[n], since, until)

    def _close(self, model: Known, n: int, on: date) -> None:
        close_unit(unit=self._fresh(n), on=on, at=self.moment)
        model.close(self.ids[n], on)

    def _reopen(self, model: Known, n: int) -> None:
        reopen_unit(unit=self._fresh(n), at=self.moment)
        model.reopen(self.ids[n])

    def _fresh(self, n: int) -> OrgUnit:
        return OrgUnit.objects.get(pk=self.ids[n])

    # --- what must hold -----------------------------------------------------------------------------------------------

    def views(self) -> list[View]:
        some = dict.fromkeys((DAYS[0], FIRST + timedelta(days=5), self.day, LAST))
        return [View.as_was(), View.as_is(), *(View.as_of(day) for day in some)]

    def report(self, view: View) -> dict[int, tuple[int, int, int]]:
        """{unit: (detractors, passives, promoters)} of all units, in the period of all answers."""
        period = Period(DAYS[0], TODAY)
        found = tally(Cut(tuple(self.ids), period, TODAY, view=view), "unit")
        return {unit: tuple(each.counts) for unit, each in found.items() if each.counts.n}

    def expected(self, known: Known, view: View) -> dict[int, tuple[int, int, int]]:
        counts: dict[int, Counter[int]] = defaultdict(Counter)
        for where, day, who, score in self.answers:
            target = known.counts_at(where, day, who, view)
            for each in known.above(target, view.day(TODAY) or day):
                counts[each][(score > 6) + (score > 8)] += 1
        return {each: (found[0], found[1], found[2]) for each, found in counts.items()}

    def check(self) -> None:
        self._check_tree()
        self._check_reports()
        self._check_sight()

    def _check_tree(self) -> None:
        """On every day, as known at every moment."""
        for moment, known in [*self.past, (None, self.known)]:
            span = Span(DAYS[0], DAYS[-1] + timedelta(days=1))
            found: dict[date, set[tuple[int, int, int]]] = defaultdict(set)
            for ancestor, descendant, depth, valid in pairs(hierarchy="", days=span, known_at=moment):
                for day in DAYS:
                    if valid.start <= day and (valid.end is None or day < valid.end):
                        found[day].add((ancestor, descendant, depth))
            for day in DAYS:
                expected = {(a, u, n) for u in known.places[day] for n, a in enumerate(known.above(u, day))}
                assert found[day] == expected, (moment, day)

    def _check_reports(self) -> None:
        for view in self.views():
            found = self.report(view)
            assert found == self.expected(self.known, view), view
            self._check_totals(found, view)
        for moment, view, then in self.reported:
            again = View(view.kind, view.on, moment, view.hierarchy)
            assert self.report(again) == then, again

    def _check_totals(self, found: dict[int, tuple[int, int, int]], view: View) -> None:
        """Every unit is what stands directly below it and what counts for itself; the roots are the whole."""
        own: Counter[int] = Counter()
        placed = 0
        below: dict[int, Counter[int]] = defaultdict(Counter)
        for where, day, who, _ in self.answers:
            path = self.known.above(self.known.counts_at(where, day, who, view), view.day(TODAY) or day)
            own.update(path[:1])
            placed += bool(path)
            for part, whole in pairwise(path):
                below[whole][part] += 1
        for whole, counts in found.items():
            assert sum(counts) == own[whole] + sum(below[whole].values()), (view, whole)
        if view.kind != "was":
            day = view.day(TODAY)
            tree = self.known.places[day]
            for whole in tree:
                parts = [each for each, parent in tree.items() if parent == whole]
                assert sum(found.get(whole, (0,))) == own[whole] + sum(sum(found.get(part, (0,))) for part in parts)
            roots = [each for each, parent in tree.items() if parent is None or parent not in tree]
            assert sum(sum(found.get(root, (0,))) for root in roots) == placed

    def _check_sight(self) -> None:
        """Nobody sees what the tree of today does not give, and everybody sees what it gives."""
        for person in self.people:
            tops = {where for who, where in self.known.works[TODAY] if who == person.pk}
            tree = self.known.places[TODAY]
            given = {each for each in tree if tops & set(self.known.above(each, TODAY))}
            seen = set(OrgUnit.objects.visible_to(person.user).values_list("pk", flat=True))
            assert seen == given, person.name


def tell(story: list[tuple[Any, ...]]) -> str:
    return "; ".join(" ".join(map(str, step)) for step in story)


__all__ = ["Organization", "some_day", "stories", "tell"]

"""Is the same complaint rising in several branches, is one branch unlike its peers? Pure; docs/algorithms/patterns.md.

Both questions are tested exactly, given how many complaints there are in all: if nothing changed, each falls into the
last week with the probability of its branch's share of answers in it, so that neither a mix of branches that shifts nor
a branch that is new makes an alarm. Complaints that come in bursts, and branches that differ anyway, widen what chance
may do (Laney 2002, Quality Engineering 14; Spiegelhalter 2005, Statistics in Medicine 24), never narrow it.

All subjects, areas and branches of a look are tested together (Holm). One looks every day at the last seven: a look
may err with a seventh of what a week may (`PER_WEEK`), so that in a company where nothing changes at most one week in
twenty raises any alarm at all.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, NamedTuple

from analytics.maths.holm import hold
from crm.volumes import tail

WEEKS = 9  # the last one, and eight that it is held against
PER_WEEK = 0.05  # quiet weeks with any false alarm
PER_LOOK = PER_WEEK / 7  # one looks every day
FEWEST = 5  # complaints in all, below which nothing is asked
FEWEST_PEERS = 6  # branches with answers, from which one can be unlike the others
STRONGEST = 0.05  # without its strongest branch a rise must still be as unlikely as this
OVER = 0.05  # a pattern is over when what is left of it is no more unlikely than this
HOUSE_WEIGHT = 4  # eight weeks of one subject say little of how bursty it is; all of an area count as four of them
NORMAL = NormalDist()

Kind = Literal["rising", "unlike"]


class Subject(NamedTuple):
    """What is complained about. `topic`: id; None: low scores about the product. `product`: empty: all of them."""

    topic: int | None
    product: str


class Weeks(NamedTuple):
    """Of one branch, by week, the latest first: complaints about a subject, and the answers they are among."""

    complaints: tuple[int, ...]
    answers: tuple[int, ...]


class Count(NamedTuple):
    """So many complaints in so many answers of a branch, and what it is held against: its own eight weeks before (of a
    rise), or nothing (of a branch among its peers)."""

    unit: int
    complaints: int
    answers: int
    complaints_before: int = 0
    answers_before: int = 0

    @property
    def share(self) -> float:
        """Of its complaints, how many would fall into the last week if nothing changed."""
        whole = self.answers + self.answers_before
        return self.answers / whole if whole else 1.0

    @property
    def excess(self) -> float:
        """Complaints beyond what was to be expected."""
        return self.complaints - self.share * (self.complaints + self.complaints_before)


@dataclass(frozen=True)
class Found:
    """A pattern. `counts`: by branch; of an `unlike` one over all nine weeks, `unit` being the branch that stands
    out."""

    kind: Kind
    subject: Subject
    area: int
    unit: int | None
    p: float
    counts: tuple[Count, ...]


Cells = Mapping[Subject, Mapping[int, Weeks]]
Areas = Mapping[int, Sequence[int]]


def look(cells: Cells, areas: Areas) -> list[Found]:
    """What one day's look finds: `cells` by subject and branch, `areas` with their branches (two or more). A rise comes
    before a branch that stands out, and what is least likely by chance comes first."""
    told: list[Found] = []
    for kind in (list(_rises(cells, areas)), list(_outliers(cells, areas))):
        held = hold({number: found.p for number, found in enumerate(kind)}, PER_LOOK / 2)
        told += sorted((kind[number] for number in held), key=lambda found: found.p)
    return [found for found in told if found.kind == "unlike" or spread(found.counts)]


# --- the same complaint rising in several branches -------------------------------------------------------------------


def _rises(cells: Cells, areas: Areas) -> Iterator[Found]:
    for area, units in areas.items():
        within = {subject: _of(by_unit, units) for subject, by_unit in cells.items()}
        within = {subject: own for subject, own in within.items() if _complaints(own) >= FEWEST}
        usual = _mean([dispersion(own.values()) for own in within.values()])
        for subject, own in within.items():
            counts = tuple(_last_week(unit, weeks) for unit, weeks in own.items())
            p = rise(counts, shrunk(dispersion(own.values()), usual))
            yield Found("rising", subject, area, None, p, counts)


def rise(counts: Sequence[Count], bursts: float = 1.0) -> float:
    """How likely so many of the complaints fell into the last week by chance. Each falls there with its branch's share,
    and the sum of such is no more likely to reach far than a binomial of the mean share (Hoeffding 1956, Annals of
    Mathematical Statistics 27). `bursts`: variance between weeks, of what chance alone would have."""
    whole = sum(c.complaints + c.complaints_before for c in counts)
    share = sum(c.share * (c.complaints + c.complaints_before) for c in counts) / whole if whole else 1.0
    return widened(at_least(sum(c.complaints for c in counts), of=whole, share=share), bursts)


def spread(counts: Sequence[Count]) -> bool:
    """Whether it rose in several branches: in two at least, and also without the one where it rose most."""
    if len(risen(counts)) < 2:
        return False
    strongest = max(counts, key=lambda count: count.excess)
    return rise([count for count in counts if count != strongest]) <= STRONGEST


def risen(counts: Sequence[Count]) -> list[Count]:
    """The branches in which there are more complaints than were to be expected."""
    return [count for count in counts if count.complaints and count.excess > 0]


def dispersion(rows: Collection[Weeks]) -> float:
    """The variance of complaints between the weeks before the last, of what it would be if they came one by one (1)."""
    complaints = [sum(row.complaints[week] for row in rows) for week in range(1, WEEKS)]
    answers = [sum(row.answers[week] for row in rows) for week in range(1, WEEKS)]
    whole, asked = sum(complaints), sum(answers)
    if not whole:
        return 1.0
    expected = [whole * n / asked for n in answers]
    squares = [(x - e) ** 2 / e for x, e in zip(complaints, expected, strict=True) if e]
    return sum(squares) / (len(squares) - 1) if len(squares) > 1 else 1.0


def shrunk(own: float, usual: float) -> float:
    """How bursty a subject is: what its own eight weeks say, drawn towards what those of the whole area say."""
    return (own + HOUSE_WEIGHT * usual) / (1 + HOUSE_WEIGHT)


# --- one branch unlike its peers -------------------------------------------------------------------------------------


def _outliers(cells: Cells, areas: Areas) -> Iterator[Found]:
    for area, units in areas.items():
        for subject, by_unit in cells.items():
            own = [_all_weeks(unit, weeks) for unit, weeks in _of(by_unit, units).items()]
            counts = tuple(count for count in own if count.answers)
            if len(counts) >= FEWEST_PEERS and sum(c.complaints for c in counts) >= FEWEST:
                for unit, p in outlying(counts).items():
                    yield Found("unlike", subject, area, unit, p, counts)


def outlying(counts: Sequence[Count]) -> dict[int, float]:
    """For every branch with more complaints than its share of the answers: how likely that is by chance, and by how far
    its peers differ among themselves. Few peers tell little of that: hence Student's distribution."""
    answers, complaints = sum(c.answers for c in counts), sum(c.complaints for c in counts)
    squares = sum(c.complaints**2 / c.answers for c in counts)
    found = {}
    for own in counts:
        n, x = answers - own.answers, complaints - own.complaints
        if own.complaints * answers <= complaints * own.answers:
            continue
        freedom = len(counts) - 2
        # of the peers: the sum of (x - e)^2 / e around their common rate, from running sums
        between = ((squares - own.complaints**2 / own.answers) * n / x - x) / freedom if x else 1.0
        p = at_least(own.complaints, of=complaints, share=own.answers / answers)
        found[own.unit] = widened(p, between, freedom=freedom)
    return found


# --- is it over? -----------------------------------------------------------------------------------------------------


def rise_is_over(counts: Sequence[Count]) -> bool:
    """`counts`: the last two weeks, against the eight weeks before the rise. Without answers nothing is known."""
    return any(count.answers for count in counts) and rise(counts) > OVER


def unlike_is_over(unit: int, counts: Sequence[Count]) -> bool:
    return any(c.answers for c in counts if c.unit == unit) and outlying(counts).get(unit, 1.0) > OVER


# --- arithmetic ------------------------------------------------------------------------------------------------------


def at_least(hits: int, *, of: int, share: float) -> float:
    """The probability of `hits` or more successes."""
    if hits == 0 or share >= 1:
        return 1.0
    return tail(of - hits, of=of, share=1 - share) if share > 0 else 0.0


def widened(p: float, dispersion: float, *, freedom: int | None = None) -> float:
    """A probability, where the variance is `dispersion` times (if that is more than once) what it was computed with;
    `freedom`: the dispersion is known from so many degrees of freedom only (Wallace 1959, Annals of Mathematical
    Statistics 30)."""
    if p >= 0.5:
        return p
    z = -NORMAL.inv_cdf(max(p, 1e-300)) / math.sqrt(max(1.0, dispersion))
    if freedom is not None:
        z = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(z * z / freedom))
    return math.erfc(z / math.sqrt(2)) / 2


def _of(by_unit: Mapping[int, Weeks], units: Sequence[int]) -> dict[int, Weeks]:
    return {unit: by_unit[unit] for unit in units if unit in by_unit}


def _complaints(own: Mapping[int, Weeks]) -> int:
    return sum(sum(weeks.complaints) for weeks in own.values())


def _last_week(unit: int, weeks: Weeks) -> Count:
    return Count(unit, weeks.complaints[0], weeks.answers[0], sum(weeks.complaints[1:]), sum(weeks.answers[1:]))


def _all_weeks(unit: int, weeks: Weeks) -> Count:
    return Count(unit, sum(weeks.complaints), sum(weeks.answers))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0

"""Issue 9, part 6 (the keyboard case): who falls short is told within two weeks, with what sets its detractors apart.

The banks of the demo live by its truth (`demo/truth/`): who comes, what they feel, who answers, what they write. In the
medium bank (40 branches) the new card comes out as in the demo; what is to be expected of it is what three old products
have, counted as launches from the first day of the history (not mortgages, which are another thing: talks without a
queue). `power`: in how many of 20 banks (a seed each) the look after the first or the second week raises the alarm; in
four of five at least. `usual`: the same card of the same customers, had they nothing to complain of: a launch as
expected, through all 26 looks; in no more than one bank of twenty may it raise any. `made_up`: launches that are apart
by chance (normal, sd 0 to 10 points, three to eight to compare with, 8 answers a day) through all 26 looks; no more
than one in twenty, of each kind.

`named`: the large bank (400 branches; four in ten occasions are asked about) in a hurry: the history is so short that
all three complaints are heard in the first five days of the card. On the 14th day the first five phrases, in the
language that most of its detractors write, must name all three in 16 of 20 banks: a phrase names a complaint if four in
five of the comments that hold it were written for it.

In the end one bank goes through the database: answers with their words, the rollups, the mornings.
"""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from analytics.maths.expectations import ALPHA, WATCH, Course, baseline_of, read
from analytics.maths.nps import Counts, pooled
from analytics.maths.phrases import MOST, Comment, Phrase, telling_phrases
from analytics.models import Launch, Shortfall
from analytics.services.filling import fill
from analytics.services.launches.looking import look_at_launches
from analytics.services.launches.reading import find_launch, said_about
from common.models import User
from crm.models import Employee, OrgUnit
from demo.company.bank import Bank, build
from demo.company.sizes import SIZES
from demo.truth.complaints import COMPLAINTS, NEW_PRODUCT, launched, since
from demo.truth.minds import answer, feel
from surveys.services.classifying.coding import code
from surveys.services.classifying.reading import read_answers
from tests.proofs.patterns import _analysts, _answers, _asked, _found_company
from tests.proofs.record import proof, say, scaled

SEED, BANKS, MADE_UP = 20261211, 20, 1_000
UNTIL = date(2026, 11, 23)
DAY = timedelta(days=1)
COMPARABLE = ("current account", "savings account", "personal loan")
AS_OTHERS = "another card"
TELLS = 0.8  # of the banks in which the alarm must go within two weeks
NAMES = 0.8  # 16 of 20
HURRY = 20  # days of history, of which the card has 14
RATE = "0.4"  # of the occasions asked about, as in the medium bank
BEFORE = 28  # days whose words are read before it came out
OWN = 0.8  # of the comments with a phrase, that it names their complaint
PER_DAY = 8


def main() -> None:
    promises = ["power_held", "usual_held", "made_up_held", "named_held", "through_the_database"]
    with proof("launches", seed=SEED, promises=promises) as figures:
        figures.update(_alarms(scaled(BANKS)))
        figures.update(_made_up(scaled(MADE_UP)))
        figures.update(_named(scaled(BANKS)))
        figures.update(_through_the_database(build(SEED, SIZES["medium"], until=UNTIL)))


# --- the alarm, by the demo's truth ----------------------------------------------------------------------------------


def _alarms(number: int) -> dict[str, Any]:
    weeks: list[int | None] = []
    loud = 0
    for place in range(number):
        bank = build(SEED + place, SIZES["medium"], until=UNTIL)
        courses = _lived(bank)
        others = [courses[product] for product in COMPARABLE]
        weeks.append(_alarm(courses[NEW_PRODUCT], others, looks=2))
        loud += _alarm(courses[AS_OTHERS], others, looks=WATCH) is not None
        say(f"bank {place + 1}: alarm after week {weeks[-1]}; as expected: {loud} alarms so far")
    told = [week for week in weeks if week]
    return {
        "banks": number, "power": round(len(told) / number, 3), "weeks": dict(Counter(told)),
        "power_held": len(told) >= TELLS * number, "usual_loud": loud, "usual_held": loud <= ALPHA * number,
    }  # fmt: skip


def _alarm(own: Course, others: Sequence[Course], *, looks: int) -> int | None:
    """After how many weeks it goes; None: after none of so many looks."""
    baseline = baseline_of(others)
    for weeks in range(1, looks + 1):
        reading = baseline and read({age: counts for age, counts in own.items() if age < weeks}, baseline)
        if weeks - 1 in own and reading and reading.is_short(weeks=weeks):
            return weeks
    return None


def _lived(bank: Bank) -> dict[str, dict[int, Counts]]:
    """By product and week of its age, up to half a year after the card came out; of the card two weeks, and as many as
    are watched of what its customers would have said, had they nothing to complain of (`AS_OTHERS`)."""
    found: dict[str, dict[int, Counts]] = defaultdict(dict)
    begun = launched(bank)
    for passed in range((begun - bank.begins).days + 7 * WATCH):
        day = bank.begins + DAY * passed
        for visit in _asked(bank, day):
            new = visit.product == NEW_PRODUCT
            age = (day - (begun if new else bank.begins)).days // 7
            if age >= WATCH or (not new and visit.product not in COMPARABLE):
                continue
            for product in (NEW_PRODUCT, AS_OTHERS) if new else (visit.product,):
                said = answer(bank, replace(visit, product=product))
                if said is not None:
                    known = found[product].get(age, Counts())
                    found[product][age] = pooled([known, _one(said.score)])
    return found


def _one(score: int) -> Counts:
    return Counts(int(score <= 6), int(score in {7, 8}), int(score >= 9))


# --- launches made up, which are apart by chance ---------------------------------------------------------------------


def _made_up(number: int) -> dict[str, Any]:
    rng, loud = random.Random(SEED), {}
    power: dict[str, float] = {}
    for compared, apart in ((3, 0.0), (3, 6.0), (4, 3.0), (4, 10.0), (8, 6.0)):
        name = f"{compared} launches, sd {apart:g}"
        loud[name] = sum(_drawn(rng, compared, apart) is not None for _ in range(number)) / number
        for short in (15, 30):
            hits = sum(_drawn(rng, compared, apart, short, looks=2) is not None for _ in range(number))
            power[f"{name}, {short} points short"] = round(hits / number, 3)
        say(f"{name}: {loud[name]:.3f}")
    return {"made_up": number, "made_up_loud": loud, "made_up_power_in_two_weeks": power,
            "made_up_held": all(share <= ALPHA for share in loud.values())}  # fmt: skip


def _drawn(rng: random.Random, compared: int, apart: float, short: float = 0.0, looks: int = WATCH) -> int | None:
    others = [_course(rng, rng.gauss(0, apart), WATCH) for _ in range(compared)]
    return _alarm(_course(rng, rng.gauss(0, apart) - short, looks), others, looks=looks)


def _course(rng: random.Random, apart: float, weeks: int) -> dict[int, Counts]:
    """A score of 27 that grows to 35 with age, three quarters of it promoters or detractors."""
    found = {}
    for week in range(weeks):
        promoters = (0.75 + (35 - 8 * math.exp(-week / 4) + apart) / 100) / 2
        drawn = Counter((u > promoters) + (u > 0.75) for u in (rng.random() for _ in range(7 * PER_DAY)))
        found[week] = Counts(drawn[1], drawn[2], drawn[0])
    return found


# --- the words, by the demo's truth ----------------------------------------------------------------------------------


def _named(number: int) -> dict[str, Any]:
    complete, firsts = 0, Counter[int]()
    for place in range(number):
        size = replace(SIZES["large"], rate=RATE)
        hasty = build(SEED + place, replace(size, days=HURRY), until=UNTIL)
        before = build(SEED + place, replace(size, days=size.days * 5), until=UNTIL + 4 * size.days * DAY)
        phrases, truth = _words(hasty, before)
        first = [phrase for phrase in phrases if phrase.language == phrases[0].language][:MOST] if phrases else []
        named = {_complaint(phrase, truth) for phrase in first} - {""}
        firsts[len(named)] += 1
        complete += len(named) == len(COMPLAINTS)
        say(f"bank {place + 1}: {[(p.text, p.n, _complaint(p, truth)) for p in first]}")
    last = max((since(hasty, each) - launched(hasty)).days for each in COMPLAINTS)
    return {
        "named": number, "all_heard_after_days": last, "complaints_named": dict(firsts), "all_three": complete,
        "named_held": complete >= NAMES * number,
    }  # fmt: skip


def _words(hasty: Bank, before: Bank) -> tuple[list[Phrase], dict[int, str]]:
    """What the house would tell on the 14th day, and for which complaint each comment was written. `before`: the same
    bank in a history in which the card comes later."""
    ours: list[Comment] = []
    low: list[Comment] = []
    better: list[Comment] = []
    truth: dict[int, str] = {}
    begun = launched(hasty)
    for passed in range(-BEFORE, 14):
        bank = hasty if passed >= 0 else before
        for visit in _asked(bank, begun + DAY * passed):
            said = answer(bank, visit)
            if said is None or not said.comment:
                continue
            key, person = len(ours) + len(low) + len(better), bank.customer_named(visit.customer)
            comment = Comment(key, person.language if person else "en", said.comment)
            if visit.product != NEW_PRODUCT:
                (low if said.score <= 6 else better).append(comment)
            elif said.score <= 6:
                ours.append(comment)
                feeling = feel(bank, visit)
                truth[key] = feeling.complaint if feeling.about == "product" else ""
    return telling_phrases(ours, low, better, names=[NEW_PRODUCT]), truth


def _complaint(phrase: Phrase, truth: dict[int, str]) -> str:
    """That it names; empty: none."""
    ((complaint, hits),) = Counter(truth[key] for key in phrase.keys).most_common(1)
    return complaint if hits >= OWN * phrase.n else ""


# --- one bank through the database -----------------------------------------------------------------------------------


def _through_the_database(bank: Bank) -> dict[str, Any]:
    """The mornings of two weeks: told once, by the 14th, with the complaint that is heard from the first day on, and
    nothing told of the products that are as they were."""
    begun = launched(bank)
    units = _found_company(bank)
    at = datetime.combine(begun, datetime.min.time(), UTC)
    _analysts(at)
    answers = _answers(bank, units, bank.begins, begun + 13 * DAY)
    while code(at=at) or read_answers(at=at) or fill(at=at):
        pass
    card = _launches(bank, begun)
    told = []
    for morning in range(1, 15):
        found = look_at_launches(at=at + timedelta(days=morning, hours=5))
        told += [(morning, each.launch.name) for each in found]
    words = find_launch(principal=_operator(), public_id=card.public_id)
    said = [each.phrase.text for each in said_about(card, principal=_operator())]
    held = [name for _, name in told] == [card.name] and Shortfall.objects.count() == 1
    return {
        "database_answers": answers, "told": told, "title": words.words if words else "", "said": said,
        "through_the_database": held and bool({"fee", "frais"} & {word for each in said for word in each.split()}),
    }  # fmt: skip


def _launches(bank: Bank, begun: date) -> Launch:
    head = OrgUnit.objects.get(kind=OrgUnit.Kind.HEAD_OFFICE)
    owner = Employee.objects.create(source="sim", external_id="E-1", name="Olivia Hartley")
    days = {**dict.fromkeys(COMPARABLE, bank.begins), NEW_PRODUCT: begun}
    rows = [Launch(name=name, product=name, day=day, area=head, owner=owner) for name, day in days.items()]
    return Launch.objects.bulk_create(rows)[-1]


def _operator() -> User:
    return User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("operator", "", "x" * 20)


if __name__ == "__main__":
    main()

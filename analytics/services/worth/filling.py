"""Counting what promoters, passives and detractors brought, period by period: one statement each.

A period is a calendar month, a quarter, or the twelve months before a month. Its cells are thrown away and counted
anew when it was never counted, when something came in about its days since (`crm.BooksChange`), and every night while
it is among the recent ones: merges, new homes and segments of customers and erasures move figures of all of them a
little, and do not have them all counted anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet

from analytics.models import WorthCell, WorthPeriod
from crm.dated import Span
from crm.models import BooksChange, FinancialRecord
from crm.stretches import months, months_before
from surveys.models import Response

WINDOW = 365  # days before a period in which the last answer says what a customer is
WHO = f"A customer's category is that of the last answer in the {WINDOW} days before the period."
MONTHS_BACK, QUARTERS_BACK = 13, 5
NIGHTLY = timedelta(hours=20)

_FILL = """
WITH said AS MATERIALIZED (  -- the last answer of each person before the period
    SELECT DISTINCT ON (person) person, category FROM (
        SELECT coalesce(c.canonical_id, c.id) AS person, r.category, r.answered_at, r.id
        FROM surveys_response r JOIN crm_customer c ON c.id = r.customer_id
        WHERE r.category <> '' AND r.answered_at >= %(from)s AND r.answered_at < %(start)s
    ) answer ORDER BY person, answered_at DESC, id DESC
), people AS MATERIALIZED (
    SELECT s.person, s.category, c.unit_id, c.segment FROM said s JOIN crm_customer c ON c.id = s.person
    WHERE c.erased_at IS NULL
), members AS MATERIALIZED (  -- the rows of each of them
    SELECT person, person AS customer_id FROM people
    UNION ALL SELECT p.person, c.id FROM people p JOIN crm_customer c ON c.canonical_id = p.person
), parts AS (  -- records that lie across an end of the period count by their days
    SELECT m.person, f.id, f.product, f.currency, f.ends_before, f.share_of_wallet,
           f.revenue * days.share AS revenue, f.margin * days.share AS margin
    FROM members m JOIN crm_financialrecord f USING (customer_id), LATERAL (
        SELECT CASE WHEN f.starts_on >= %(start_day)s AND f.ends_before <= %(end_day)s THEN 1 ELSE
            (least(f.ends_before, %(end_day)s) - greatest(f.starts_on, %(start_day)s))::numeric
            / (f.ends_before - f.starts_on) END AS share
    ) days WHERE f.starts_on < %(end_day)s AND f.ends_before > %(start_day)s
), sums AS (
    SELECT person, currency, round(sum(revenue), 3) AS revenue, round(sum(margin), 3) AS margin
    FROM parts GROUP BY 1, 2
), wallets AS (  -- the latest word on it
    SELECT DISTINCT ON (person) person, share_of_wallet FROM parts WHERE share_of_wallet IS NOT NULL
    ORDER BY person, ends_before DESC, product, id DESC
), stays AS (  -- who left in all of their relationships, and when
    SELECT m.person, CASE WHEN bool_and(l.left_on IS NOT NULL) THEN max(l.left_on) END AS left_on
    FROM members m JOIN crm_relationship l USING (customer_id) GROUP BY 1
), brought AS (
    SELECT DISTINCT coalesce(c.canonical_id, c.id) AS person
    FROM crm_acquisition a JOIN crm_customer c ON c.id = a.referred_by_id
    WHERE a.acquired_on >= %(start_day)s AND a.acquired_on < %(end_day)s
), figures AS (
    SELECT unit_id, segment, category, 'customers' AS measure, '' AS currency, 1::numeric AS x FROM people
    UNION ALL SELECT unit_id, segment, category, 'revenue', currency, revenue
        FROM people JOIN sums USING (person) WHERE revenue IS NOT NULL
    UNION ALL SELECT unit_id, segment, category, 'margin', currency, margin
        FROM people JOIN sums USING (person) WHERE margin IS NOT NULL
    UNION ALL SELECT unit_id, segment, category, 'share_of_wallet', '', share_of_wallet
        FROM people JOIN wallets USING (person)
    UNION ALL SELECT unit_id, segment, category, 'churn', '', coalesce(left_on < %(end_day)s, false)::int
        FROM people JOIN stays USING (person) WHERE left_on IS NULL OR left_on >= %(start_day)s
    UNION ALL SELECT unit_id, segment, category, 'referred', '', (brought.person IS NOT NULL)::int
        FROM people LEFT JOIN brought USING (person) WHERE EXISTS (SELECT 1 FROM brought)
)
INSERT INTO analytics_worthcell (period_id, unit_id, segment, category, measure, currency, n, s1, s2, s3)
SELECT %(period)s, unit_id, segment, category, measure, currency, count(*), sum(x), sum(x * x), sum(x * x * x)
FROM figures GROUP BY 2, 3, 4, 5, 6
"""


def fill_worth(*, at: datetime, limit: int | None = None) -> int:
    """Count the periods that are due, at most `limit` of them; how many were."""
    take_changes()
    recent = list(spans(at.date()))
    older = (period.span for period in WorthPeriod.objects.filter(stale=True) if period.span not in recent)
    due = chain((span for span in recent if is_due(span, at)), older)
    return len([count_period(span=span, at=at) for span in islice(due, limit)])


_TAKE = """
WITH taken AS (DELETE FROM crm_bookschange RETURNING starts_on, ends_before)
UPDATE analytics_worthperiod p SET stale = true FROM taken t
WHERE coalesce(t.starts_on < p.ends_before, true) AND coalesce(t.ends_before > p.starts_on, true)
"""


def take_changes() -> None:
    """Take the words about changes away and remember them at the periods they touch. A period that is being counted is
    waited for: that counting may not have seen what changed. (So it is no matter whether it is stale already.)"""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE)


def note_answers(answers: QuerySet[Response], at: datetime) -> None:
    """Leave word of answers that came, or changed, after a period began in which they say what a customer is."""
    days = answers.aggregate(first=Min("answered_at__date"), last=Max("answered_at__date"))
    if not days["first"]:
        return
    start, before = days["first"] + timedelta(days=1), days["last"] + timedelta(days=WINDOW + 1)
    if WorthPeriod.objects.filter(starts_on__gte=start, starts_on__lt=before).exists():
        BooksChange.objects.note([(start, before)], at)


@transaction.atomic
def count_period(*, span: Span, at: datetime) -> WorthPeriod:
    """Throw the period's cells away and count them anew; readers see the old ones until it is done."""
    bounds = {"starts_on": span.start, "ends_before": span.end, "filled_at": at, "stale": False}
    period, _ = WorthPeriod.objects.update_or_create(code=code_of(span), defaults=bounds)  # locks it
    WorthCell.objects.filter(period=period).delete()
    begins = datetime.combine(span.start, time(), UTC)
    values: dict[str, Any] = {
        "period": period.pk, "start": begins, "from": begins - timedelta(days=WINDOW),
        "start_day": span.start, "end_day": span.end,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")  # sums of a million customers in memory, not on disk
        cursor.execute(_FILL, values)
    return period


def code_of(span: Span) -> str:
    """As a request names it: 2026-10, 2026-Q3, or 2025-11-01/2026-11-01."""
    for code in (f"{span.start:%Y-%m}", f"{span.start.year}-Q{span.start.month // 3 + 1}"):
        number = 1 if "Q" not in code else 3
        if months(span.start.year, span.start.month, number) == span:
            return code
    return f"{span.start}/{span.end}"


def spans(today: date) -> Iterator[Span]:
    """Months, quarters and the twelve months before this one, as far as there are financial records; newest first."""
    told = FinancialRecord.objects.aggregate(first=Min("starts_on"), last=Max("starts_on"))
    if told["first"] is None:
        return
    month = today.replace(day=1)
    starts = [months_before(month, number) for number in range(MONTHS_BACK + 1)]
    found = [months(start.year, start.month, 1) for start in starts]
    quarter = months_before(month, (month.month - 1) % 3)
    starts = [months_before(quarter, 3 * number) for number in range(QUARTERS_BACK + 1)]
    found += [months(start.year, start.month, 3) for start in starts]
    found.append(Span(months_before(month, 12), month))
    for span in found:
        if span.end is not None and span.end > told["first"] and (span.start <= told["last"] or _is_told(span)):
            yield span


def _is_told(span: Span) -> bool:
    """Whether a record that begins before the period reaches into it, as a year's does into its months."""
    return FinancialRecord.objects.touching(span.start, span.end or span.start).exists()


def is_due(span: Span, at: datetime) -> bool:
    """Whether a period's cells may differ from what they would be if counted now."""
    period = WorthPeriod.objects.filter(code=code_of(span)).first()
    return period is None or period.stale or at - period.filled_at >= NIGHTLY

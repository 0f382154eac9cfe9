"""What was said before a rule was edited, coded by its newest version: a statement for each stretch of passages.

The rule's row says how far it is (`coded_upto`), so that it can be stopped at any moment and goes on where it was.
Passages that are written meanwhile are tagged by the new version already (`tagging.share_rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from common.claims import one_at_a_time
from surveys.models import Passage, TopicRule

STRETCH = 1_000_000  # ids of passages in one statement

# `met` comes from the index of words; what stood there before and is met no longer goes, what is new comes
_CODE = """
WITH met AS MATERIALIZED (
    SELECT id FROM surveys_passage
    WHERE language = %(language)s AND tsv @@ %(query)s::tsquery AND id > %(after)s AND id <= %(upto)s
),
gone AS (
    DELETE FROM surveys_passagetopic t
    WHERE t.rule_id = %(rule)s AND t.topic_id = %(topic)s AND t.passage_id > %(after)s AND t.passage_id <= %(upto)s
        AND NOT EXISTS (SELECT 1 FROM met WHERE met.id = t.passage_id)
)
INSERT INTO surveys_passagetopic (passage_id, topic_id, rule_id, rule_version, removed, at)
SELECT id, %(topic)s, %(rule)s, %(version)s, false, %(at)s FROM met
ON CONFLICT (passage_id, topic_id) DO NOTHING
"""
# nothing is looked for any more
_UNCODE = """
DELETE FROM surveys_passagetopic
WHERE rule_id = %(rule)s AND topic_id = %(topic)s AND passage_id > %(after)s AND passage_id <= %(upto)s
"""


@dataclass(frozen=True)
class Progress:
    """How far the coding is: passages seen by rules that wait, of all that they have to see."""

    rules: int
    seen: int
    of: int

    @property
    def share(self) -> float:
        return self.seen / self.of if self.of else 1.0


def code(*, at: datetime, stretch: int = STRETCH) -> int:
    """Code the next stretch by the rule that was edited first; 1, or 0 when there is nothing to do."""
    with transaction.atomic():
        one_at_a_time("surveys.code")
        rule = TopicRule.objects.to_be_coded().order_by("changed_at", "pk").select_for_update().first()
        if rule is None:
            return 0
        last = last_passage()
        upto = min(rule.coded_upto + stretch, last)
        if upto > rule.coded_upto:
            _code(rule, rule.coded_upto, upto, at)
        rule.coded_upto = upto
        if upto >= last:
            rule.coded_version, rule.coded_at = rule.version, at
        rule.save(update_fields=["coded_upto", "coded_version", "coded_at"])
    return 1


def _code(rule: TopicRule, after: int, upto: int, at: datetime) -> None:
    values: dict[str, Any] = {
        "rule": rule.pk, "topic": rule.topic_id, "language": rule.language, "query": rule.query,
        "version": rule.version, "after": after, "upto": upto, "at": at,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_CODE if rule.query else _UNCODE, values)


def last_passage() -> int:
    """Id of the newest passage; 0 if there is none."""
    return Passage.objects.aggregate(last=Max("pk"))["last"] or 0


def progress() -> Progress:
    """For the console: two queries."""
    waiting = list(TopicRule.objects.to_be_coded().values_list("coded_upto", flat=True))
    last = last_passage() if waiting else 0
    return Progress(len(waiting), sum(min(upto, last) for upto in waiting), last * len(waiting))

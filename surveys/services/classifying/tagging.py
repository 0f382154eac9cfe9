"""Which topics are in given passages, by all rules at once; and what people say about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from common.claims import one_at_a_time
from common.models import Event, User
from common.prepared import prepared_cursor
from surveys.models import Passage, PassageTopic, Topic

RULES = "surveys.rules"
# Held until the passages are committed: who edits a rule waits, and then codes what was written under the old one.
# Not a lock on the rules' rows: forty of them would be written for every answer
_SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
_UNTAG = "DELETE FROM surveys_passagetopic WHERE passage_id = ANY(%s::bigint[]) AND rule_id IS NOT NULL"
_TAG = """
INSERT INTO surveys_passagetopic (passage_id, topic_id, rule_id, rule_version, removed, at)
SELECT p.id, r.topic_id, r.id, r.version, false, %s::timestamptz
FROM surveys_passage p JOIN surveys_topicrule r ON r.language = p.language
WHERE p.id = ANY(%s::bigint[]) AND r.query <> '' AND p.tsv @@ r.query::tsquery
ON CONFLICT (passage_id, topic_id) DO NOTHING
"""


def share_rules() -> None:
    """Nobody edits a rule until this transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute(_SHARE, [RULES])


def keep_readers_out() -> None:
    """Nobody tags until this transaction has ended."""
    one_at_a_time(RULES)


def tag(passages: Sequence[int], *, known: Sequence[int], at: datetime) -> None:
    """Find the topics of passages (ids), forgetting what rules found before in those that were `known`."""
    with prepared_cursor() as cursor:
        if known:
            cursor.execute(_UNTAG, [list(known)])
        cursor.execute(_TAG, [at, list(passages)])


@transaction.atomic
def set_topic(*, passage: Passage, topic: Topic, present: bool, by: User | None, at: datetime) -> bool:
    """A person says that the topic is in the passage, or is not; whether that changed anything. It stays, whatever
    rules find later."""
    said = {"rule": None, "rule_version": None, "removed": not present, "by": by, "at": at}
    held = PassageTopic.objects.select_for_update(of=("self",)).filter(passage=passage, topic=topic).first()
    if held and held.rule_id is None and held.removed is not present:
        return False
    PassageTopic.objects.update_or_create(passage=passage, topic=topic, defaults=said)
    Event.objects.record("passage.topic_set", subject=passage, by=by, at=at, topic=topic.pk, present=present)
    return True

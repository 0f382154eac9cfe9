"""Reading words, whoever said them: language, tone, topics, personal data hidden. Sets, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction

from common.prepared import prepared_cursor
from surveys.models import Passage
from surveys.services.classifying.tagging import share_rules, tag
from surveys.words.indexing import configuration, laid_out
from surveys.words.masking import NOBODY, Own, mask
from surveys.words.tone import tone
from surveys.words.tongue import tongue

_WRITE = """
INSERT INTO surveys_passage (kind, source_id, response_id, unit_id, employee_id, said_at, language, sentiment, text,
    tsv, read_at)
SELECT kind, source_id, CASE WHEN kind = 'answer' THEN source_id END, unit_id, employee_id, said_at, language,
    sentiment, text, to_tsvector(configuration::regconfig, words), %s::timestamptz
FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::text[], %s::float8[],
    %s::text[], %s::text[], %s::text[])
    AS s (kind, source_id, unit_id, employee_id, said_at, language, sentiment, text, configuration, words)
ON CONFLICT (kind, source_id) DO UPDATE SET unit_id = excluded.unit_id, employee_id = excluded.employee_id,
    language = excluded.language, sentiment = excluded.sentiment, text = excluded.text, tsv = excluded.tsv,
    read_at = excluded.read_at
RETURNING id, xmax <> 0
"""


@dataclass(frozen=True)
class Spoken:
    """Words to be read. `language`: what they are likely in (BCP 47); `own`: what is known of who is concerned."""

    kind: str
    source_id: int
    text: str
    language: str
    unit_id: int
    employee_id: int | None
    said_at: datetime
    own: Own = NOBODY

    @cached_property
    def masked(self) -> str:
        return mask(self.text, self.own)

    @cached_property
    def tongue(self) -> str:
        return tongue(self.masked, survey=self.language or settings.LANGUAGE_CODE, allowed=settings.SPOKEN)

    def row(self) -> tuple[Any, ...]:
        """The columns that `_WRITE` takes."""
        language = self.tongue
        return (
            self.kind, self.source_id, self.unit_id, self.employee_id, self.said_at, language[:10],
            tone(self.masked, language), self.masked, configuration(language), laid_out(self.masked),
        )  # fmt: skip


@transaction.atomic
def read(spoken: Sequence[Spoken], *, at: datetime) -> list[str]:
    """Write each as a passage with its topics, anew where it was read before; the masked texts, in the same order.
    Topics that people set or took off by hand stay."""
    if not spoken:
        return []
    columns = [list(column) for column in zip(*(one.row() for one in spoken), strict=True)]
    share_rules()
    with prepared_cursor() as cursor:
        cursor.execute(_WRITE, [at, *columns])
        written = cursor.fetchall()
    tag([pk for pk, _ in written], known=[pk for pk, was_there in written if was_there], at=at)
    return [one.masked for one in spoken]


def forget_passages(kind: str, source_ids: Iterable[int]) -> None:
    """The words were taken back."""
    Passage.objects.filter(kind=kind, source_id__in=list(source_ids)).delete()

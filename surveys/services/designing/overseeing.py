"""Where a program stands: what is in force, what is drafted, what waits for whom, and how its versions follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from common.conditions import in_words, phrase
from common.conditions.naming import names_in
from crm.sight import Principal
from surveys.filters import OccasionFilter
from surveys.models import Approval, Program, ProgramVersion
from surveys.versions.differing import Change, changes
from surveys.versions.kinds import ASKING
from surveys.versions.telling import Told, tell


@dataclass(frozen=True)
class Line:
    """One version among its neighbours; `changes` against the version in force before it."""

    version: ProgramVersion
    state: str
    first: bool
    changes: list[Change] = field(default_factory=list)
    approval: Approval | None = None  # the last word asked for
    reader: Principal = None

    @property
    def of_metric(self) -> list[Change]:
        return [change for change in self.changes if change.metric]

    @property
    def needs_approval(self) -> bool:
        return self.version.program.kind in ASKING and (self.first or bool(self.of_metric))

    @property
    def waiting(self) -> Approval | None:
        """The request that somebody else has to answer."""
        asked = self.approval
        return asked if asked and asked.decided_at is None and not self._outdated else None

    @property
    def barred(self) -> str:
        """Why the reader cannot answer the request; empty: they are not the one who asked or wrote it."""
        asked = self.waiting
        return asked.barred.get(getattr(self.reader, "pk", 0) or 0, "") if asked else ""

    @property
    def approved(self) -> bool:
        return bool(self.approval and self.approval.granted) and not self._outdated

    @property
    def ready(self) -> bool:
        """Nothing but the button is missing for it to be published."""
        return self.version.published_at is None and (self.approved or not self.needs_approval)

    @property
    def _outdated(self) -> bool:
        return self.approval is not None and self.approval.fingerprint != self.version.fingerprint

    @property
    def told(self) -> list[Told]:
        return tell(self.version.program.kind, self.version.settings, self._in_words)

    def _in_words(self, condition: dict[str, Any]) -> str:
        """With the names of kinds, and of units and employees in the reader's sight."""
        return in_words(condition, OccasionFilter, names_in(condition, OccasionFilter, self.reader))


def lines_of(program: Program, *, reader: Principal) -> list[Line]:
    """All versions, the newest first; the same number of queries however many there are. What conditions name is told
    as far as `reader` may see it."""
    known = program.versions.select_related("program", "interaction_kind", "ends_with", "by")
    related = ("approvals__requested_by", "approvals__decided_by", "draftings")
    return list(_lines(list(known.prefetch_related(*related).order_by("number")), reader))[::-1]


def line_of(version: ProgramVersion, *, reader: Principal) -> Line:
    """The same for one version."""
    return next(line for line in lines_of(version.program, reader=reader) if line.version.pk == version.pk)


def beside(before: ProgramVersion, after: ProgramVersion, *, reader: Principal) -> list[Change]:
    """What tells any two versions apart, with the names of what their conditions compare as far as `reader` may see
    it."""
    parts = [row.get("condition") for version in (before, after) for row in version.strata or []]
    names = names_in([before.condition, after.condition, *parts], OccasionFilter, reader)
    return changes(before.settings, after.settings, lambda part: phrase(part, OccasionFilter, names))


def _lines(versions: list[ProgramVersion], reader: Principal) -> Iterator[Line]:
    newest = max((version.number for version in versions if version.published_at), default=0)
    before: ProgramVersion | None = None
    for version in versions:
        approval = max(version.approvals.all(), key=lambda asked: asked.requested_at, default=None)
        differs = changes(before.settings, version.settings) if before else []
        yield Line(version, _state(version, newest), before is None, differs, approval, reader)
        before = version if version.published_at else before


def _state(version: ProgramVersion, newest: int) -> str:
    if version.published_at is None:
        return "draft"
    return "in force" if version.number == newest else "replaced"

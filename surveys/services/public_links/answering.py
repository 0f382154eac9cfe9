"""What somebody we do not know said by a public link: a Response with a unit, a program, a source, and no customer.

Nothing here, and nothing that follows from it, looks at who it may have been: a name, an address or a number in the
words is hidden for display like any other, and joined to nobody. There is no callback, since there is nobody to call.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from surveys.models import ProgramVersion, PublicLink, Response
from surveys.scoring import category
from surveys.services.answering import TIME_TO_FINISH, AnswerRefused, store_or_change


def find_link(*, code: str, at: datetime) -> tuple[PublicLink, ProgramVersion] | None:
    """The link that takes answers at `at`, and the words it asks in; None for whatever is no such link."""
    rows = PublicLink.objects.open_at(at).filter(code=code.lower()[:20])
    link = rows.select_related("program", "unit").first()
    version = link.program.version if link else None
    return (link, version) if link and version else None


def store_score(
    *, link: PublicLink, version: ProgramVersion, key: UUID, score: int, language: str, at: datetime
) -> Response:
    """The score of whoever was shown the page `key`: one Response, however often the button was pressed; another
    number from the same page is a revision. Raises AnswerRefused `scale` and `closed`."""
    if not version.scale_min <= score <= version.scale_max:
        raise AnswerRefused("scale", f"The score must be a number from {version.scale_min} to {version.scale_max}.")
    before = answer_to(link=link, key=key)
    if before and not can_go_on(link=link, response=before, at=at):
        raise AnswerRefused("closed", "This answer was finished.")
    return store_or_change(
        Response(
            source=link.source, external_id=key.hex, program_id=link.program_id, version=version, unit_id=link.unit_id,
            channel=link.kind, language=language, attributes={"place": link.place},
            score=score, scale_min=version.scale_min, scale_max=version.scale_max,
            category=category(score, low=version.scale_min, high=version.scale_max) or "",
            answered_at=at, updated_at=at,
        )
    )  # fmt: skip


def answer_to(*, link: PublicLink, key: UUID) -> Response | None:
    return Response.objects.of_link(link).filter(external_id=key.hex).select_related("version").first()


def can_go_on(*, link: PublicLink, response: Response, at: datetime) -> bool:
    """Whether the same person may still add to their answer: not once they came to the end, and on a tablet no longer
    than they may stand before one page and the next."""
    until = response.answered_at + TIME_TO_FINISH
    if link.is_kiosk:
        until = min(until, response.updated_at + timedelta(seconds=2 * link.idle_seconds))
    return response.completed_at is None and at < until

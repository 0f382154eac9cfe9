"""What a customer answered to further questions, in the words in which they were asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from surveys.models import Response
from surveys.questionnaire.questions import SCALES, Question, Value, questions_of
from surveys.questionnaire.wording import Speech, option_text, question_text
from surveys.services.own_page.cutting import size, stretches
from surveys.services.phrasing import slots
from surveys.wording import fill

MARKUP = 60  # bytes around one of them on a page


@dataclass(frozen=True)
class Piece:
    """A question and what was answered, or a stretch of it; without a question: the reason for the score. `highest`: of
    the scale that the answer is a number on, else 0."""

    question: str
    said: str
    highest: int = 0

    @property
    def size(self) -> int:
        """About how many bytes of a page it takes."""
        return size(self.question) + size(self.said) + MARKUP


def further_pieces(response: Response, *, language: str, raw: bool) -> list[Piece]:
    """Answers that stand, in the questions' order; what was skipped is left out. `raw`: as it was written, else with
    personal data hidden. Without a query if the row came with its version and invitation."""
    given = response.answers_given if raw else response.answers_shown
    if not given or response.version is None:
        return []
    speech = Speech(language, response.version.wording, response.version.default_language)
    asked = {question.code: question for question in questions_of(response.version.questions)}
    known = {"company": settings.COMPANY, "unit": response.unit.name}
    about = slots(response.invitation) if response.invitation else known
    return [
        Piece(fill(question_text(asked[code], category=response.category, speech=speech), about),
              _said(asked[code], value, speech), max(SCALES.get(asked[code].kind, [0])))
        for code, value in given.items()
        if value is not None
    ]  # fmt: skip


def _said(question: Question, value: Value, speech: Speech) -> str:
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return ", ".join(option_text(question, one, speech=speech) for one in value)
    if isinstance(value, str) and value in question.choices:
        return option_text(question, value, speech=speech)
    return str(value)


def first_of(pieces: Sequence[Piece], most: int) -> list[Piece]:
    """As many from the beginning as take at most `most` bytes."""
    taken = 0
    for number, piece in enumerate(pieces):
        taken += piece.size
        if taken > most:
            return list(pieces[:number])
    return list(pieces)


def pages_of(pieces: Iterable[Piece], most: int) -> list[list[Piece]]:
    """All of them on pages of about `most` bytes, long ones cut between words."""
    pages: list[list[Piece]] = [[]]
    for piece in (part for each in pieces for part in _cut(each, most)):
        if pages[-1] and sum(other.size for other in pages[-1]) + piece.size > most:
            pages.append([])
        pages[-1].append(piece)
    return pages


def _cut(piece: Piece, most: int) -> Iterator[Piece]:
    for said in stretches(piece.said, most):
        yield replace(piece, said=said)

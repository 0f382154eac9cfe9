"""Whether a version may be published: its settings, its conditions and its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError

from common.conditions import validate_condition
from common.conditions.naming import exactly
from surveys.channels import CHANNELS
from surveys.filters import OccasionFilter
from surveys.models import Program, ProgramVersion
from surveys.questionnaire.checking import known_keys
from surveys.questionnaire.costing import question_doubts
from surveys.questionnaire.wording import Speech
from surveys.services.designing.competing import competition
from surveys.versions.checking import version_problems
from surveys.versions.doubts import doubts, may_be
from surveys.versions.kinds import ASKING

WORDING_KEYS = frozenset(
    {
        "question", "why_promoter", "why_passive", "why_detractor", "subject", "intro",
        "reminder_subject", "reminder_intro",
    }
)  # fmt: skip
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[a-z0-9]{2,8})*$")  # BCP 47 in lower case, as the trigger compares it
LONGEST_WORDING = 1000
PROMOTER_SCALE = (0, 10)


def check(version: ProgramVersion) -> None:
    """Whether a version may be published; ValidationError with the problems by field if not."""
    problems = version_problems(version.program.kind, version.settings)
    checks: tuple[tuple[str, Callable[[], None]], ...] = (
        ("condition", lambda: validate_condition(version.condition, OccasionFilter)),
        ("strata", lambda: check_strata(version.strata)),
        ("wording", lambda: check_wording(version.wording, version.default_language, version.questions)),
        ("channel", lambda: _check_channel(version)),
        ("scale_min", lambda: _check_scale(version)),
    )
    for field, passes in checks:
        for known, sentence in _said(passes, field):
            problems.setdefault(known, []).append(sentence)
    for field, sentence in _said(lambda: version.full_clean(exclude=problems), "__all__"):
        problems.setdefault(field, []).append(sentence)
    if problems:
        raise ValidationError(problems)


def doubts_about(version: ProgramVersion, *, at: datetime) -> list[str]:
    """What its author should know at `at`, though it may be published; none of a version that has problems."""
    if version_problems(version.program.kind, version.settings):
        return []
    asks = version.program.kind in ASKING
    asking = [*doubts(version.settings), *_of_trigger(version), *competition(version, at=at)] if asks else []
    return [*asking, *_of_scale(version), *_of_questions(version)]


def _of_scale(version: ProgramVersion) -> Iterator[str]:
    if (version.scale_min, version.scale_max) != PROMOTER_SCALE:
        yield (
            f"Scores from {version.scale_min} to {version.scale_max} are no Net Promoter Score: nobody is a promoter,"
            " passive or detractor by them, and they count in no score."
        )


def _of_questions(version: ProgramVersion) -> Iterator[str]:
    speech = Speech(version.default_language, version.wording, version.default_language)
    promoter_scale = (version.scale_min, version.scale_max) == PROMOTER_SCALE
    return question_doubts(version.questions, promoter_scale=promoter_scale, speech=speech)


def _of_trigger(version: ProgramVersion) -> Iterator[str]:
    """A condition that asks for other kinds of interaction than the one that triggers the program."""
    kind = version.interaction_kind
    if kind is None or version.program.kind not in Program.OF_INTERACTIONS:
        return
    try:
        validate_condition(version.condition, OccasionFilter)
    except ValidationError:
        return  # that is said as a problem
    if not may_be(version.condition, kind.code)[0]:
        only = "its condition is true of other kinds of interaction only"
        yield f"What triggers it is {kind}, and {only}: nobody is asked."


def _said(passes: Callable[[], None], field: str) -> Iterator[tuple[str, str]]:
    try:
        passes()
    except ValidationError as error:
        found = error.message_dict if hasattr(error, "error_dict") else {field: error.messages}
        for name, sentences in found.items():
            yield from ((name, sentence) for sentence in sentences)


def _check_scale(version: ProgramVersion) -> None:
    """The scale of the Net Promoter Score is locked: a program that asked from 0 to 10 never asks otherwise."""
    if (version.scale_min, version.scale_max) == PROMOTER_SCALE:
        return
    low, high = PROMOTER_SCALE
    published = ProgramVersion.objects.filter(program=version.program_id, published_at__isnull=False)
    if published.filter(scale_min=low, scale_max=high).exists():
        raise ValidationError(
            f"This program has asked for scores from {low} to {high}, and that stays: another scale needs a program of"
            " its own."
        )


def _check_channel(version: ProgramVersion) -> None:
    if version.program.kind in ASKING and version.channel not in CHANNELS:
        raise ValidationError(
            f"Nothing here can send by {version.get_channel_display()}; choose {', '.join(CHANNELS)}."
        )


def name_exactly(draft: ProgramVersion) -> None:
    """Have its conditions name units and employees by source and id, and store it: what another source sends later
    makes nothing ambiguous. For a draft that passed `check`."""
    before = draft.condition, draft.strata
    draft.condition = exactly(draft.condition, OccasionFilter)
    draft.strata = [{**part, "condition": exactly(part["condition"], OccasionFilter)} for part in draft.strata]
    if before != (draft.condition, draft.strata):
        draft.save(update_fields=["condition", "strata"])


def check_strata(strata: Any) -> None:
    """Each part's condition, where there is one; names and rates are `surveys.versions.checking`'s."""
    rows = [row for row in strata if isinstance(row, dict)] if isinstance(strata, list) else []
    for number, row in enumerate(rows, 1):
        try:
            validate_condition(row.get("condition") or {}, OccasionFilter)
        except ValidationError as error:
            raise ValidationError([f"Part {number}: {sentence}" for sentence in error.messages]) from error


def check_wording(wording: Any, default_language: str, questions: Any = ()) -> None:
    """{"en": {"question": ...}, ...}: known keys, those of further questions included, texts only, and the default
    language with its question."""
    if not isinstance(wording, dict) or not all(isinstance(texts, dict) for texts in wording.values()):
        raise ValidationError('Expected an object of languages, each with its texts: {"en": {"question": "..."}}.')
    known = WORDING_KEYS | known_keys(questions)
    for language, texts in wording.items():
        _check_texts(language, texts, known)
    if not wording.get(default_language, {}).get("question", "").strip():
        raise ValidationError(f"The default language {default_language!r} needs its question.")


def _check_texts(language: str, texts: dict[str, Any], known: frozenset[str]) -> None:
    if not LANGUAGE.match(language):
        raise ValidationError(f'{language!r} is not a language tag; write it in lower case, such as "en" or "pt-br".')
    if unknown := set(texts) - known:
        raise ValidationError(f"{language}: unknown {', '.join(sorted(unknown))}; known: {', '.join(sorted(known))}.")
    if bad := [key for key, text in texts.items() if not isinstance(text, str) or len(text) > LONGEST_WORDING]:
        raise ValidationError(f"{language}: {', '.join(bad)}: expected a text of at most {LONGEST_WORDING} characters.")

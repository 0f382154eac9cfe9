"""Which settings belong to which kind of program."""

from __future__ import annotations

from typing import Any

AFTER_AN_EVENT = frozenset({"transactional", "post_call"})
ASKING = AFTER_AN_EVENT | {"journey", "relationship", "manual", "recovery"}  # the rest only collects what others asked
KIND_NAMES = {
    "transactional": "transactional",
    "post_call": "post-call",
    "journey": "journey",
    "relationship": "relationship",
    "manual": "manual",
    "recovery": "second-survey",
    "collected": "collected",
}
_OWN: dict[str, frozenset[str]] = {
    "interaction_kind": AFTER_AN_EVENT | {"journey"},
    "episode_attribute": frozenset({"journey"}),
    "ends_with": frozenset({"journey"}),
    "ends_after_hours": frozenset({"journey"}),
    "wave_months": frozenset({"relationship"}),
    "scale_min": ASKING | {"collected"},
    "scale_max": ASKING | {"collected"},
    "wording": ASKING | {"collected"},
    "default_language": ASKING | {"collected"},
    "questions": ASKING | {"collected"},
}
SECTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Whom",
        "Who may be asked, and after what. Every occasion gets its decision, asked or not.",
        (
            "interaction_kind", "condition", "wave_months", "episode_attribute", "ends_with", "ends_after_hours",
            "channel", "consent_required",
        ),
    ),
    (
        "How many",
        "Chance chooses, with a probability that is stored for every occasion. Limits count per unit and period.",
        (
            "sampling_rate", "strata", "period", "quota", "quota_counts", "target", "minimum", "seed",
        ),
    ),
    (
        "How often",
        "What people are spared, and which program goes first for them. A question that never went out bars nobody.",
        ("quarantine_days", "program_quarantine_days", "contact_rules", "yearly_cap", "priority"),
    ),
    (
        "When",
        "Quiet hours of the customer's own clock are kept whatever stands here.",
        (
            "decides", "decides_at", "weekdays", "max_age_days", "delay_minutes", "reminder_days", "expiry_days",
            "edit_days",
        ),
    ),
    (
        "In which words",
        "An empty text takes the standard one of its language.",
        ("wording", "default_language", "scale_min", "scale_max", "keep_clicks"),
    ),
    (
        "What else",
        "Further questions after score and reason, each of whom it concerns. Their texts stand with the languages.",
        ("questions",),
    ),
)  # fmt: skip
SETTINGS = tuple(name for _, _, names in SECTIONS for name in names)


def belongs(setting: str, kind: str) -> bool:
    """Whether a program of that kind knows the setting."""
    return kind in _OWN.get(setting, ASKING)


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})

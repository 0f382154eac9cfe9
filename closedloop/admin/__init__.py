"""The console's room Act: tickets worked to the end, alerts, rules, policies, root causes, signals."""

from closedloop.admin import (
    acting,
    alerts,
    cards,
    causes,
    conditions,
    elevations,
    letters,
    own_page,
    panels,
    policies,
    recovery,
    saved_filters,
    tickets,
)

__all__ = [
    "acting",
    "alerts",
    "cards",
    "causes",
    "conditions",
    "elevations",
    "letters",
    "own_page",
    "panels",
    "policies",
    "recovery",
    "saved_filters",
    "tickets",
]

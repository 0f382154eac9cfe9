"""The console's room Act: tickets worked to the end, alerts, rules, policies, root causes, signals."""

from closedloop.admin import alerts, cards, conditions, own_page, panels, tickets

__all__ = ["alerts", "cards", "conditions", "own_page", "panels", "tickets"]

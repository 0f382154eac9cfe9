"""What the closed loop tells on the customer's own page."""

from __future__ import annotations

from closedloop.services.showing import steps_of
from surveys.own_steps import register

register(steps_of)

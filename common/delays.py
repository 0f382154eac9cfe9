"""How long to wait before something that failed is tried again."""

from __future__ import annotations

from datetime import timedelta

# one after another: of a mail that was refused for now, of a row at which a stage failed
DELAYS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))

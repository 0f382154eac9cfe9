"""How many answers drivers need, and how many drivers there can be. Without numpy: wording asks here too."""

from __future__ import annotations

MOST = 12  # drivers: 4,096 subsets
LEAST = 50  # answers that a driver must have, and have together with every other driver
EACH = 10  # answers for each column
READ = 40  # columns read at once

"""The analytic database: answer facts, declared rollups, the score with its interval, charts.

May import `closedloop`, `surveys`, `crm` and `common`. Start at `stats.py` (the declared rollups),
`services/filling/` and `maths/intervals.py` (the formulas).
"""

"""The `bi` schema: commented views for business intelligence tools, and nothing else in it (docs/bi.md).

The views are made of what stands here, by the newest migration of analytics that calls `analytics.bi.making`. They hold
no data: whoever changes them counts VERSION up, adds such a migration and empties the operation of the one before.
"""

VERSION = 4

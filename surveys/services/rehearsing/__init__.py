"""The time machine: a version over past days, in sets, by the trigger's own statements on temporary tables.

`requesting` (a row before it is a task), `running` (day by day), `shadow` (the temporary tables), `expecting` (who
would answer), `counting` (what came of it). docs/algorithms/rehearsing.md tells it in words.
"""

"""Speed, as ratios: each measurement runs ours and a reference in turns, in the same run, and prints their medians.

A module here has a function `run() -> Iterator[bench.timing.Line]`; `python -m bench [MODULE ...]` runs them all, on a
database server of its own under var/pg-bench (never on DATABASE_URL), which it empties before and after.
"""

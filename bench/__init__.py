"""Speed, as ratios: each measurement runs ours and a reference in turns, in the same run, and prints their medians.

`make bench` runs all, `python -m bench NAME` one; `--scale 0.05` runs it at a twentieth of its size. Each is a module
here with a function `run(scale) -> Iterator[bench.timing.Line]`, works on a database of its own under var/pg-bench
(never on DATABASE_URL), and prints `name | ours | reference | ratio`. docs/operations.md tells what each compares.
"""

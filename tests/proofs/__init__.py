"""The long proofs: `make prove` runs all, `python -m tests.proofs idle_worker` one.

Each works on a database of its own, prints one JSON line (seed, seconds, figures) and fails when its promise does not
hold. Seeds were fixed before the first run. A proof is a module with `main()`, imported once Django is set up.
"""

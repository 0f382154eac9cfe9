"""The occasions of programs that are not plain interactions, each a `Turn`: `coming_round` (relationship), `ending`
(journeys), `wishing` (asked for by staff), `waiting` (programs that decide once a day).

docs/algorithms/occasions.md tells it in words.
"""

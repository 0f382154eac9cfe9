"""Deciding whom to ask, step by step: `running` (one pass), `claiming` (which occasions), `judging` (who is asked, and
why the others are not), `inviting` (what follows for the asked), `replaying` (the same again, by an auditor).

docs/algorithms/selecting.md tells it in words.
"""

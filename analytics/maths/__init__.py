"""The formulas of the score: counts in, figures out. Pure; docs/algorithms/nps.md explains each."""

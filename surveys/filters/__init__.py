"""The vocabulary of whom to ask; `occasions.py` names its leaves, docs/algorithms/selecting.md explains each."""

from surveys.filters.occasions import OccasionFilter

__all__ = ["OccasionFilter"]

"""What can be told from words alone: their language and tone, what in them is personal, what a rule finds. Pure.

docs/algorithms/classifying.md tells how each was chosen and what was measured.
"""

"""What every REST route shares: one error shape, a strict parser, strict fields, cursor pages, the schema's error part.

Start at `errors.py` (what a caller gets when something is wrong).
"""

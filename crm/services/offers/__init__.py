"""Offers: what there is to propose and to whom, by lot held out or not, and what became of it."""

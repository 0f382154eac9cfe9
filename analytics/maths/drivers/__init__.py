"""What goes with the score, and how much of it goes with nothing else that is known. Pure; docs/algorithms/drivers.md.

Everything here is association. Nothing in it says what brings what about.
"""

"""What goes with the score: which columns there are, reading them, what they say. docs/algorithms/drivers.md."""

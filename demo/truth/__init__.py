"""What is true of the bank: what happens, what people feel, say and do, who cheats, what loyalty is worth. Pure.

Everything about one occasion or customer follows from the seed and its own id, whatever was computed before it.
"""

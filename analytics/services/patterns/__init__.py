"""Patterns across branches: `counting` reads nine weeks, `looking` finds and ends, `reading` is what pages ask."""

"""A unit's huddles: planning, opening, keeping, raising, reading."""

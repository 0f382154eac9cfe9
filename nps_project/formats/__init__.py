"""How dates are written where a page does not say otherwise: unambiguous, on 24 hours."""

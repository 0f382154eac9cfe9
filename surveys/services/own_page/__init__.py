"""The customer's own page: who holds a link (links), what the page tells (telling), what they may change there."""

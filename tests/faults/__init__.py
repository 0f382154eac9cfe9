"""Tools that break things, and ledgers that tell afterwards what became of each.

`post_office`: an SMTP server that refuses, stalls, resets and drops after it has accepted. `http_sink`: the same for
webhooks and texts. `processes`: workers, clusters and whole commands, found by the tree of processes and killed.
`postgres`: the embedded server stopped (fast, immediate) and started. `ledger` and `comparing`: what the outside saw,
line by line, against the rows. Tests and proofs use them; each has tests of its own beside it.
"""

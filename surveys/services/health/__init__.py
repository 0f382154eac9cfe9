"""Is the trigger well? `counting` (what was decided about, by the hour), `expecting` (what is usual and what is not),
`minding` (departures begin and end).

docs/algorithms/health.md tells it in words.
"""

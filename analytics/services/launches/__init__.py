"""Launches: `counting` their weeks, `looking` whether they fall short, `listening` to what their detractors say, and
`reading`, which pages ask."""

"""The fast lane: rows that are surely fine are written by a few statements a stretch, all others go to the shapes.

`staging` brings the cells of a stretch into a table as they came, `cells` says in SQL when a cell is surely fine and
what it then means, `lane` writes; `customers` and `interactions` know the columns. There is one judgement, that of
`crm.shapes` and the stores: what is fine here is fine there with the same result, and a test holds it to that. What is
not surely fine here means nothing yet.
"""

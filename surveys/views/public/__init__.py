"""A survey for whoever passes by: who comes by which link (passing), score, why and thanks (steps), what else is asked
(further)."""

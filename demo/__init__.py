"""A simulated bank that knows the truth behind its data; `python -m demo` starts it.

Its history goes in by the services of the house with `at=`; once it runs, its customers use public faces only: the REST
API, their mailboxes and the survey pages. Start at `bank.py` (who there is), `minds.py` (what they feel), `history.py`
(sixty days of it) and `living.py` (what keeps happening). Nothing else imports it.
"""

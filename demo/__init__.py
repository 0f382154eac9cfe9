"""A simulated bank that knows the truth behind its data; `python -m demo` starts it.

Its history goes in by the services of the house with `at=`; once it runs, its customers use public faces only: the REST
API, their mailboxes and the survey pages. Start at `company/bank.py` (who there is), `truth/minds.py` (what they feel),
`history.py` (what has happened so far) and `living.py` (what keeps happening). Nothing else imports it. docs/demo.md
tells sizes, commands and the files of the truth.
"""

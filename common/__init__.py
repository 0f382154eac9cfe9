"""The ground: what two apps need and that knows none of them.

Owns the event trail, the queue, claiming of due rows, text cleaning, business time, the condition vocabulary, mail
hand-off, health and metrics, the embedded PostgreSQL. May import Django and libraries, none of our apps.
Start at `models/events.py` (what happened), `claims.py` (who works on what) and `text.py` (what may enter).
"""

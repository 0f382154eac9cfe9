"""The closed loop: alert rules, customer signals, tickets, contact attempts, findings, actions and what they cost.

May import `surveys`, `crm` and `common`. Start at `services/screening.py` (where an answer becomes an alert and a
ticket) and `models/tickets/` (what can happen to a ticket).
"""

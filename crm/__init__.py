"""Links to CRM and finance: customers, organization, employees, interactions, consent; what comes in and goes back.

May import `common` only. Start at `models/units.py` (the organization and its dated placement), `sight.py` (who may
see what) and `services/ingesting.py` (how rows come in).
"""

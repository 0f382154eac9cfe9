"""Survey trigger and survey system: whom to ask and why, the asking ledger, invitations, channels, answers.

May import `crm` and `common`. Start at `models/programs.py`, `services/triggering/` (whom to ask and why not),
`services/dispatching.py` (handing off) and `services/answering.py` (what the customer said).
"""

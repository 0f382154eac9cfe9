"""Information distribution: who is told what and when: alert mail, the daily digest of a branch, the region's roll-up.

May import every app below it. Start at `services/alerting.py` and `services/digesting.py`.
"""

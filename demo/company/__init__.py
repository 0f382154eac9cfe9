"""Who there is: sizes, units, employees, customers, and what is re-organized when. Pure; start at `bank.py`."""

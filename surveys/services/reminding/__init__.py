"""Reminders: who gets one (`making`), what keeps one from going out (`signs_sql`, also looked at in the sender's own
transaction by `rechecking`), and why a customer was, or was not, reminded (`telling`)."""

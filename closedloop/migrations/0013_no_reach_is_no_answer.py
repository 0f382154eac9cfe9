"""Attempts without reach were of one kind; what they met is known now. Those of before are "no answer"."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("closedloop", "0012_attempts_by_outcome")]

    operations = [
        migrations.RunSQL(
            "UPDATE closedloop_contactattempt SET outcome = 'no_answer' WHERE outcome = 'no_reach'",
            "UPDATE closedloop_contactattempt SET outcome = 'no_reach'"
            " WHERE outcome NOT IN ('', 'reached', 'cancelled')",
        )
    ]

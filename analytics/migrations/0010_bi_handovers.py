"""Who a ticket went to joined the `bi` schema here; 0011 makes it anew."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0009_bi_attempts"),
        ("closedloop", "0017_routing"),
        ("crm", "0019_skills_and_absences"),
        ("surveys", "0042_words_unread"),
    ]

    operations: list[object] = []

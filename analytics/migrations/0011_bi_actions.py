"""The `bi` schema as `analytics/bi/` has it. Views hold no data: a later migration that makes them anew empties this one."""

from django.db import migrations

from analytics.bi.making import drop_views, make_views


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0010_bi_handovers"),
        ("closedloop", "0022_actions_were_done"),
        ("crm", "0019_skills_and_absences"),
        ("surveys", "0042_words_unread"),
    ]

    operations = [migrations.RunPython(make_views, drop_views)]

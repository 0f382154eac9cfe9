"""The `bi` schema as `analytics/bi/` has it. Views hold no data: a later migration that makes them anew empties this one."""

from django.db import migrations

from analytics.bi.making import drop_views, make_views


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_stale_periods"),
        ("closedloop", "0009_notes_to_be_read"),
        ("crm", "0016_own_page"),
        ("surveys", "0042_words_unread"),
    ]

    operations = [migrations.RunPython(make_views, drop_views)]

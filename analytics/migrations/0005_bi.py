"""The `bi` schema as `analytics/bi/` has it. Views hold no data: a later migration that makes them anew empties this one."""

from django.db import migrations

from analytics.bi.making import drop_views, make_views


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0004_worth"),
        ("closedloop", "0007_closures_by_time"),
        ("crm", "0005_money"),
        ("surveys", "0007_first_due"),
    ]

    operations = [migrations.RunPython(make_views, drop_views)]

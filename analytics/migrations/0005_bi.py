"""The `bi` schema began here; 0007 makes it anew."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0004_worth"),
        ("closedloop", "0007_closures_by_time"),
        ("crm", "0005_money"),
        ("surveys", "0007_first_due"),
    ]

    operations: list[object] = []

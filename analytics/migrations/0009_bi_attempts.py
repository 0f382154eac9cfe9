"""What attempts met stands in the `bi` schema since here; 0010 makes it anew."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0008_dispositions"),
        ("closedloop", "0013_no_reach_is_no_answer"),
        ("crm", "0016_own_page"),
        ("surveys", "0042_words_unread"),
    ]

    operations: list[object] = []

"""The further answers joined the `bi` schema here; 0009 makes it anew."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0006_stale_periods"),
        ("closedloop", "0009_notes_to_be_read"),
        ("crm", "0016_own_page"),
        ("surveys", "0042_words_unread"),
    ]

    operations: list[object] = []

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('closedloop', '0005_unaccent'),
        ('crm', '0004_customers_are_searched'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='ticket',
            index=models.Index(fields=['-is_open', 'due_at', '-id'], name='ticket_by_urgency'),
        ),
    ]

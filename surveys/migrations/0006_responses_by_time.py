from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('common', '0005_events_by_time'),
        ('crm', '0004_customers_are_searched'),
        ('surveys', '0005_leaner_indexes'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='response',
            index=models.Index(fields=['answered_at'], name='response_by_time'),
        ),
    ]

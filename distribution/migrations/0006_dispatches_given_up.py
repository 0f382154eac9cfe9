from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('closedloop', '0006_tickets_by_urgency'),
        ('crm', '0004_customers_are_searched'),
        ('distribution', '0005_refused_since'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='dispatch',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['id'], name='dispatch_failed'),
        ),
    ]

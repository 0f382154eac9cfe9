from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('closedloop', '0006_tickets_by_urgency'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='closure',
            index=models.Index(condition=models.Q(('reopened_at__isnull', True)), fields=['at'], name='closure_by_time'),
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('surveys', '0008_readiness'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='response',
            index=models.Index(fields=['updated_at', 'id'], name='response_by_change'),
        ),
    ]

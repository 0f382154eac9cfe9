from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('closedloop', '0029_saved_filters'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='action',
            index=models.Index(condition=models.Q(('done_at', None)), fields=['ticket'], name='action_undone'),
        ),
    ]

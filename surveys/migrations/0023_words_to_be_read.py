from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('surveys', '0022_topics'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='response',
            index=models.Index(condition=models.Q(('classified_at__isnull', True), models.Q(('comment', ''), _negated=True)), fields=['id'], name='response_unclassified'),
        ),
    ]

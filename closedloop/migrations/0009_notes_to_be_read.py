from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # indexes are made beside the running house

    dependencies = [
        ('closedloop', '0008_merged_customers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='closure',
            name='classified_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='contactattempt',
            name='classified_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='finding',
            name='classified_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        AddIndexConcurrently(
            model_name='closure',
            index=models.Index(condition=models.Q(('classified_at__isnull', True), models.Q(('summary', ''), _negated=True)), fields=['id'], name='closure_unread'),
        ),
        AddIndexConcurrently(
            model_name='contactattempt',
            index=models.Index(condition=models.Q(('classified_at__isnull', True), models.Q(('note', ''), _negated=True)), fields=['id'], name='attempt_unread'),
        ),
        AddIndexConcurrently(
            model_name='finding',
            index=models.Index(condition=models.Q(('classified_at__isnull', True), models.Q(('learned', ''), _negated=True)), fields=['id'], name='finding_unread'),
        ),
    ]

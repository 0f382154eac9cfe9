"""Cuts by product, and comments of a unit and a period counted and drawn, from an index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('analytics', '0017_scores_by_month'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='answerfact',
            index=models.Index(fields=['unit', 'day'], include=('response', 'program', 'channel', 'product', 'score', 'loaded'), name='fact_cut'),
        ),
        RemoveIndexConcurrently(model_name='answerfact', name='fact_unit_day'),
        AddIndexConcurrently(
            model_name='answerfact',
            index=models.Index(condition=models.Q(('commented', True)), fields=['unit', 'day'], include=('response', 'program', 'channel', 'employee'), name='fact_commented'),
        ),
    ]

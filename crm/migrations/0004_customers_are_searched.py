import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [
        ('common', '0005_events_by_time'),
        ('crm', '0003_hold_by_cause'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(fields=['external_id'], name='customer_by_external_id'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('family_name'), name='text_pattern_ops'), name='customer_by_family_name'),
        ),
        AddIndexConcurrently(
            model_name='customer',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('given_name'), name='text_pattern_ops'), name='customer_by_given_name'),
        ),
        AddIndexConcurrently(
            model_name='interaction',
            index=models.Index(fields=['occurred_at'], name='interaction_by_time'),
        ),
    ]

"""What units are to reach by a day, and from whose goal it was shared out."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0012_patterns'),
        ('crm', '0023_silence_of_refused_rows'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Goal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('measure', models.CharField(choices=[('score', 'Net Promoter Score'), ('calls', 'detractors called in time')], default='score', max_length=5)),
                ('target', models.DecimalField(decimal_places=1, help_text='Score: points, -100 to 100. Calls: per cent of first calls in time.', max_digits=4)),
                ('first_on', models.DateField(help_text='What counts begins on this day.', verbose_name='from')),
                ('last_on', models.DateField(help_text='The last day that counts.', verbose_name='until')),
                ('calls_instead', models.PositiveSmallIntegerField(default=90, help_text='Per cent of first calls in time asked of units below whose answers are too few to show their share of the rise. For goals on calls this says nothing.', verbose_name='calls instead')),
                ('parent', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shared_out', to='analytics.goal')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
            options={
                'ordering': ['-last_on', 'unit', 'measure'],
            },
        ),
        migrations.CreateModel(
            name='GoalEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('measure', models.CharField(choices=[('score', 'Net Promoter Score'), ('calls', 'detractors called in time')], default='score', max_length=5)),
                ('target', models.DecimalField(decimal_places=1, help_text='Score: points, -100 to 100. Calls: per cent of first calls in time.', max_digits=4)),
                ('first_on', models.DateField(help_text='What counts begins on this day.', verbose_name='from')),
                ('last_on', models.DateField(help_text='The last day that counts.', verbose_name='until')),
                ('calls_instead', models.PositiveSmallIntegerField(default=90, help_text='Per cent of first calls in time asked of units below whose answers are too few to show their share of the rise. For goals on calls this says nothing.', verbose_name='calls instead')),
                ('parent', models.ForeignKey(db_constraint=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='analytics.goal')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='analytics.goal')),
                ('unit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='crm.orgunit')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='goal',
            index=models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='goals_shared_out'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('unit', '='), ('measure', '='), (models.Func(models.F('first_on'), models.F('last_on'), models.Value('[]'), function='daterange', output_field=django.contrib.postgres.fields.ranges.DateRangeField()), '&&')], name='one_goal_of_a_kind_at_a_time', violation_error_message='The unit has a goal of this kind for some of these days.'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='goal_ends_after_it_began', violation_error_message='The last day is before the first.'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('measure', 'score'), ('target__range', (-100, 100))), models.Q(('measure', 'calls'), ('target__range', (0, 100))), _connector='OR'), name='goal_that_can_be', violation_error_message='A score lies between -100 and 100, a share of calls between 0 and 100.'),
        ),
        migrations.AddConstraint(
            model_name='goal',
            constraint=models.CheckConstraint(condition=models.Q(('calls_instead__lte', 100)), name='goal_calls_instead_is_a_share', violation_error_message='Calls instead: at most 100 per cent.'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goal',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "analytics_goalevent" ("calls_instead", "first_on", "id", "last_on", "measure", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "target", "unit_id") VALUES (NEW."calls_instead", NEW."first_on", NEW."id", NEW."last_on", NEW."measure", NEW."parent_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."target", NEW."unit_id"); RETURN NULL;', hash='c512cfcba51c6e6db60b2c1b96b35dee1c9e7ac2', operation='INSERT', pgid='pgtrigger_insert_insert_64c7c', table='analytics_goal', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='goal',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "analytics_goalevent" ("calls_instead", "first_on", "id", "last_on", "measure", "parent_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "target", "unit_id") VALUES (NEW."calls_instead", NEW."first_on", NEW."id", NEW."last_on", NEW."measure", NEW."parent_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."target", NEW."unit_id"); RETURN NULL;', hash='91bd7da3ad736e906fe4ffe992c775e1ae70d6a0', operation='UPDATE', pgid='pgtrigger_update_update_1a2d8', table='analytics_goal', when='AFTER')),
        ),
    ]

"""Launches, week by week what was answered and expected of them, shortfalls and what their detractors say."""

import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0015_patterns_told'),
        ('crm', '0023_silence_of_refused_rows'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Launch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('name', models.CharField(help_text='As pages call it: “The new card”.', max_length=120)),
                ('product', models.CharField(help_text='As it stands on interactions and answers, to the letter.', max_length=80)),
                ('kind', models.CharField(choices=[('product', 'new product'), ('change', 'change of a product')], default='product', max_length=10)),
                ('day', models.DateField(help_text='On which customers could first have it, or met the change.')),
                ('area', models.ForeignKey(db_index=False, help_text='Answers of this unit and all below it count.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit', verbose_name='where')),
                ('comparable', models.ManyToManyField(blank=True, help_text='Three or more whose answers say what is to be expected. None: all earlier ones of the same kind.', related_name='+', to='analytics.launch', verbose_name='comparable launches')),
                ('owner', models.ForeignKey(db_index=False, help_text='Who answers for it.', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.employee')),
            ],
            options={
                'verbose_name_plural': 'launches',
                'ordering': ['-day', 'name'],
                'indexes': [models.Index(fields=['area', '-day'], name='launches_of_an_area')],
                'constraints': [models.UniqueConstraint(fields=('product', 'day', 'area'), name='one_launch_of_a_product_a_day', violation_error_message='This launch of the product is known already.')],
            },
        ),
        migrations.CreateModel(
            name='Expectation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.PositiveSmallIntegerField(help_text='From 1.')),
                ('detractors', models.PositiveIntegerField()),
                ('passives', models.PositiveIntegerField()),
                ('promoters', models.PositiveIntegerField()),
                ('compared', models.PositiveSmallIntegerField(help_text='Comparable launches with answers.')),
                ('expected', models.FloatField(null=True)),
                ('sd', models.FloatField(null=True)),
                ('n_to_date', models.PositiveIntegerField(default=0)),
                ('score_to_date', models.FloatField(null=True)),
                ('expected_to_date', models.FloatField(null=True)),
                ('sd_to_date', models.FloatField(null=True)),
                ('p', models.FloatField(null=True)),
                ('looked_at', models.DateTimeField()),
                ('launch', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='weeks', to='analytics.launch')),
            ],
            options={
                'ordering': ['week'],
                'default_permissions': (),
                'constraints': [
                    models.UniqueConstraint(fields=('launch', 'week'), name='one_look_per_launch_and_week'),
                    models.CheckConstraint(condition=models.Q(('week__gte', 1), ('week__lte', 26)), name='expectation_within_the_watch'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LaunchEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('name', models.CharField(help_text='As pages call it: “The new card”.', max_length=120)),
                ('product', models.CharField(help_text='As it stands on interactions and answers, to the letter.', max_length=80)),
                ('kind', models.CharField(choices=[('product', 'new product'), ('change', 'change of a product')], default='product', max_length=10)),
                ('day', models.DateField(help_text='On which customers could first have it, or met the change.')),
                ('area', models.ForeignKey(db_constraint=False, help_text='Answers of this unit and all below it count.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='crm.orgunit', verbose_name='where')),
                ('owner', models.ForeignKey(db_constraint=False, help_text='Who answers for it.', on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='crm.employee')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='analytics.launch')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Shortfall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.PositiveSmallIntegerField()),
                ('found_at', models.DateTimeField()),
                ('read_at', models.DateTimeField(help_text='When what its detractors say was last read.', null=True)),
                ('launch', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='shortfall', to='analytics.launch')),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='ShortfallPhrase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField(help_text='From 1, the clearest first.')),
                ('text', models.CharField(max_length=200)),
                ('language', models.CharField(max_length=10)),
                ('n', models.PositiveIntegerField()),
                ('of', models.PositiveIntegerField()),
                ('n_others', models.PositiveIntegerField()),
                ('of_others', models.PositiveIntegerField()),
                ('z', models.FloatField()),
                ('p', models.FloatField()),
                ('passages', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('shortfall', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='phrases', to='analytics.shortfall')),
            ],
            options={
                'ordering': ['place'],
                'default_permissions': (),
                'constraints': [models.UniqueConstraint(fields=('shortfall', 'place'), name='one_phrase_per_place')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='launch',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "analytics_launchevent" ("area_id", "day", "id", "kind", "name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product", "public_id") VALUES (NEW."area_id", NEW."day", NEW."id", NEW."kind", NEW."name", NEW."owner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."product", NEW."public_id"); RETURN NULL;', hash='fbdd5d14e420085402fb24e582a32d27cd811dde', operation='INSERT', pgid='pgtrigger_insert_insert_080e8', table='analytics_launch', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='launch',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "analytics_launchevent" ("area_id", "day", "id", "kind", "name", "owner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "product", "public_id") VALUES (NEW."area_id", NEW."day", NEW."id", NEW."kind", NEW."name", NEW."owner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."product", NEW."public_id"); RETURN NULL;', hash='5f3f52b85122c83c85f381c7ced3422dff55a441', operation='UPDATE', pgid='pgtrigger_update_update_518c9', table='analytics_launch', when='AFTER')),
        ),
    ]

"""Patterns across branches, what each branch brought to them, and who dismissed them."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0011_bi_actions'),
        ('crm', '0023_silence_of_refused_rows'),
        ('surveys', '0058_own_words_read_anew'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Pattern',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('rising', 'rising in several branches'), ('unlike', 'one branch unlike its peers')], max_length=10)),
                ('product', models.CharField(blank=True, max_length=80)),
                ('since', models.DateField(help_text='First day of the answers that told it.')),
                ('upto', models.DateField(help_text='Last day of them.')),
                ('chance', models.FloatField(help_text='How likely so much is by chance, before all that was tested with it.')),
                ('found_at', models.DateTimeField()),
                ('seen_on', models.DateField(help_text='Last day on which it went on.')),
                ('ended_on', models.DateField(null=True)),
                ('ended_how', models.CharField(blank=True, choices=[('gone', 'not to be told from chance any more'), ('usual', 'has gone on for so long that it is the usual')], max_length=5)),
                ('area', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
                ('topic', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='surveys.topic')),
                ('unit', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
            options={
                'permissions': [('dismiss_pattern', 'Can dismiss patterns')],
                'default_permissions': (),
                'indexes': [models.Index(fields=['area', '-found_at'], name='patterns_of_an_area')],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_on', None)), fields=('kind', 'topic', 'product', 'area', 'unit'), name='one_open_pattern_of_a_kind', nulls_distinct=False),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_how', ''), ('ended_on', None)), models.Q(('ended_on__isnull', False), models.Q(('ended_how', ''), _negated=True)), _connector='OR'), name='pattern_ended_somehow'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PatternCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('complaints', models.PositiveIntegerField()),
                ('answers', models.PositiveIntegerField()),
                ('complaints_before', models.PositiveIntegerField(default=0)),
                ('answers_before', models.PositiveIntegerField(default=0)),
                ('pattern', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='counts', to='analytics.pattern')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('pattern', 'unit'), name='one_count_per_pattern_and_unit')],
            },
        ),
        migrations.CreateModel(
            name='PatternDismissal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pattern', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='dismissal', to='analytics.pattern')),
            ],
        ),
    ]

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('closedloop', '0036_alerts_that_wait'),
        ('crm', '0023_silence_of_refused_rows'),
        ('distribution', '0022_one_dispatch_per_run'),
        ('surveys', '0058_own_words_read_anew'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Huddle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('planned_at', models.DateTimeField(editable=False, null=True)),
                ('agenda', models.JSONField(editable=False, null=True)),
                ('opened_at', models.DateTimeField(editable=False, null=True)),
                ('closed_at', models.DateTimeField(editable=False, null=True)),
                ('note', models.TextField(blank=True)),
                ('closed_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('lead', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.employee')),
                ('opened_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='huddles', to='crm.orgunit')),
            ],
        ),
        migrations.CreateModel(
            name='HuddleAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('what', models.CharField(max_length=300)),
                ('due_on', models.DateField()),
                ('at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('dropped', 'Dropped')], max_length=7)),
                ('why', models.CharField(blank=True, max_length=300)),
                ('settled_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('huddle', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='distribution.huddle')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='huddle_actions', to='crm.employee')),
                ('settled_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
        ),
        migrations.CreateModel(
            name='HuddleAttendance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('present', 'Present'), ('excused', 'Excused')], max_length=7)),
                ('employee', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.employee')),
                ('huddle', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='attendance', to='distribution.huddle')),
            ],
        ),
        migrations.CreateModel(
            name='HuddleElevation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('elevation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='huddles', to='closedloop.elevation')),
                ('huddle', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='elevations', to='distribution.huddle')),
            ],
        ),
        migrations.CreateModel(
            name='HuddleSeries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='Monday is 0.', size=None)),
                ('starts_at', models.TimeField(help_text='Wall clock of the unit.')),
                ('active', models.BooleanField(default=True)),
                ('changed_at', models.DateTimeField()),
                ('unit', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='huddle_series', to='crm.orgunit')),
            ],
            options={
                'verbose_name_plural': 'huddle series',
            },
        ),
        migrations.AddConstraint(
            model_name='huddle',
            constraint=models.UniqueConstraint(fields=('unit', 'day'), name='one_huddle_per_unit_day'),
        ),
        migrations.AddConstraint(
            model_name='huddle',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agenda__isnull', True), ('closed_at', None), ('opened_at', None)), models.Q(('agenda__isnull', False), ('opened_at__isnull', False)), _connector='OR'), name='huddle_opened_with_an_agenda'),
        ),
        migrations.AddIndex(
            model_name='huddleaction',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['unit', 'due_on'], name='huddle_action_open'),
        ),
        migrations.AddConstraint(
            model_name='huddleaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('settled_at', None)), models.Q(models.Q(('outcome', ''), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='huddle_action_settled_with_an_outcome'),
        ),
        migrations.AddConstraint(
            model_name='huddleaction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'dropped'), _negated=True), models.Q(('why', ''), _negated=True), _connector='OR'), name='huddle_action_dropped_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='huddleattendance',
            constraint=models.UniqueConstraint(fields=('huddle', 'employee'), name='one_attendance_per_huddle_and_person'),
        ),
        migrations.AddConstraint(
            model_name='huddleelevation',
            constraint=models.UniqueConstraint(fields=('huddle', 'elevation'), name='one_elevation_per_huddle'),
        ),
        migrations.AddConstraint(
            model_name='huddleseries',
            constraint=models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6]), ('weekdays__len__gt', 0)), name='huddle_on_days_of_the_week'),
        ),
    ]

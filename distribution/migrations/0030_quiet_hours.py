"""When employees want to be told of alerts, beside the hours of their unit."""

import crm.models.units
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0023_silence_of_refused_rows'),
        ('distribution', '0029_one_dispatch_per_matter'),
    ]

    operations = [
        migrations.CreateModel(
            name='QuietHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), help_text='Monday is 0.', size=None)),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
                ('zone', models.CharField(max_length=60, validators=[crm.models.units.validate_zone])),
                ('employee', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quiet_hours', to='crm.employee')),
            ],
            options={
                'verbose_name_plural': 'quiet hours',
                'constraints': [models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6]), ('weekdays__len__gt', 0)), name='told_on_days_of_the_week'), models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='told_for_a_while')],
            },
        ),
    ]

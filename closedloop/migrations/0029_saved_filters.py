import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('closedloop', '0028_alerts_were_right'),
        ('crm', '0019_skills_and_absences'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('query', models.CharField(help_text='As in the address of the list, such as queue=mine&due=overdue.', max_length=500)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('unit', models.ForeignKey(blank=True, help_text='Whoever works there finds it too. Empty: yours alone.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit', verbose_name='shared with')),
            ],
            options={
                'ordering': ['name', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('by', 'name'), name='one_saved_filter_of_a_name')],
            },
        ),
    ]

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    """Valid for new rows at once; the old ones are looked through beside the running house."""

    atomic = False

    dependencies = [
        ('closedloop', '0025_outer_loop'),
        ('common', '0009_names_of_lists'),
        ('crm', '0019_skills_and_absences'),
    ]

    operations = [
        migrations.AddField(
            model_name='observation',
            name='case',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='ticket',
            name='source',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=60, verbose_name='case of'),
        ),
        migrations.AlterField(
            model_name='closure',
            name='outcome',
            field=models.CharField(choices=[('resolved', 'put right'), ('unresolved', 'could not be put right'), ('unreached', 'customer not reached'), ('no_action', 'no action needed'), ('joined', 'joined with another ticket'), ('elsewhere', 'closed in another system')], max_length=10),
        ),
        migrations.AlterField(
            model_name='customersignal',
            name='kind',
            field=models.CharField(choices=[('answer', 'answer'), ('speech', 'call heard'), ('failure', 'operational failure'), ('silence', 'no answer'), ('case', 'case of another system')], max_length=12),
        ),
        migrations.AlterField(
            model_name='observation',
            name='kind',
            field=models.CharField(choices=[('speech', 'call heard by speech analytics'), ('failure', 'operational failure'), ('case', 'case of another system')], max_length=12),
        ),
        migrations.AlterField(
            model_name='observation',
            name='severity',
            field=models.CharField(blank=True, choices=[('minor', 'minor'), ('major', 'major'), ('critical', 'critical')], default='major', help_text='Empty: a case.', max_length=10),
        ),
        AddConstraintNotValid(
            model_name='observation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', False), ('kind', 'case')), models.Q(models.Q(('kind', 'case'), _negated=True), ('case__isnull', True)), _connector='OR'), name='a_case_says_what_it_was'),
        ),
        ValidateConstraint(model_name='observation', name='a_case_says_what_it_was'),
    ]

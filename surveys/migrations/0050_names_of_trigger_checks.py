from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0049_recovery'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='triggerhealth',
            options={'verbose_name': 'trigger check', 'verbose_name_plural': 'trigger checks'},
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('surveys', '0050_names_of_trigger_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='triggerrun',
            name='allocating',
            field=models.BooleanField(help_text='Whether the allocator decided where programs wanted the same person, or who goes first.', null=True),
        ),
    ]

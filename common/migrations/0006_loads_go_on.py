from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0005_events_by_time'),
    ]

    operations = [
        migrations.AddField(
            model_name='load',
            name='dry_run',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='load',
            name='size',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='load',
            name='done',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='load',
            name='lines',
            field=models.BigIntegerField(default=0),
        ),
    ]

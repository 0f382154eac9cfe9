from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0029_approvals_told"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="rehearsal",
            options={
                "ordering": ["-requested_at"],
                "verbose_name": "run of the time machine",
                "verbose_name_plural": "runs of the time machine",
            },
        ),
    ]

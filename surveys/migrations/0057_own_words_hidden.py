from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("surveys", "0056_answers_by_external_id")]

    operations = [
        migrations.AddField("response", "further_masked", models.JSONField(editable=False, null=True)),
        migrations.AlterField(
            "inboundmail",
            "verdict",
            models.CharField(
                blank=True,
                choices=[
                    ("bounce", "bounce: nobody is reached there"),
                    ("soft_bounce", "bounce for now"),
                    ("delayed", "notice of delay: it is still on its way"),
                    ("refused", "refused for another reason than the address"),
                    ("complaint", "Complaint"),
                    ("reply", "reply of a person"),
                    ("unsubscribe", "wish not to be asked"),
                    ("auto_reply", "answer by machine"),
                    ("challenge", "asks whether we are human"),
                    ("bulk", "bulk mail"),
                    ("forged", "not signed by us: no effect"),
                    ("unknown", "about nothing that we sent"),
                    ("unclear", "not understood"),
                ],
                max_length=12,
            ),
        ),
    ]

from django.db import migrations, models
from django.db.models import CASCADE, PROTECT


class Migration(migrations.Migration):
    """Indexes that another one begins with go: each is written with every question, answer and change of state."""

    dependencies = [("crm", "0003_hold_by_cause"), ("surveys", "0004_refused_since")]

    operations = [
        migrations.AlterField(
            model_name="contactledger",
            name="customer",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="contacts", to="crm.customer"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="program",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="invitations", to="surveys.program"),
        ),
        migrations.AlterField(
            model_name="invitation",
            name="unit",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="crm.orgunit"),
        ),
        migrations.AlterField(
            model_name="message",
            name="invitation",
            field=models.ForeignKey(
                db_index=False, on_delete=PROTECT, related_name="messages", to="surveys.invitation"
            ),
        ),
        migrations.AlterField(
            model_name="deliveryattempt",
            name="message",
            field=models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="deliveries", to="surveys.message"),
        ),
        migrations.AlterField(
            model_name="response",
            name="customer",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=PROTECT, related_name="responses", to="crm.customer"
            ),
        ),
        migrations.AlterField(
            model_name="response",
            name="unit",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="responses", to="crm.orgunit"),
        ),
        migrations.AlterField(
            model_name="answer",
            name="response",
            field=models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="answers", to="surveys.response"),
        ),
    ]

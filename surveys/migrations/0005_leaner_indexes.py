from django.db import migrations, models
from django.db.models import CASCADE, PROTECT

from common.migrating import without_index


class Migration(migrations.Migration):
    """Indexes that another one begins with go: each is written with every question, answer and change of state."""

    atomic = False  # made beside the running house: eight tables locked together would be a deadlock with answering

    dependencies = [("crm", "0003_hold_by_cause"), ("surveys", "0004_refused_since")]

    operations = [
        without_index(
            migrations.AlterField(
                model_name="contactledger",
                name="customer",
                field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="contacts", to="crm.customer"),
            ),
            index="surveys_contactledger_customer_id_1e6032d8",
            on="surveys_contactledger (customer_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="invitation",
                name="program",
                field=models.ForeignKey(
                    db_index=False, on_delete=PROTECT, related_name="invitations", to="surveys.program"
                ),
            ),
            index="surveys_invitation_program_id_b48ce6c9",
            on="surveys_invitation (program_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="invitation",
                name="unit",
                field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to="crm.orgunit"),
            ),
            index="surveys_invitation_unit_id_0781117e",
            on="surveys_invitation (unit_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="message",
                name="invitation",
                field=models.ForeignKey(
                    db_index=False, on_delete=PROTECT, related_name="messages", to="surveys.invitation"
                ),
            ),
            index="surveys_message_invitation_id_49374980",
            on="surveys_message (invitation_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="deliveryattempt",
                name="message",
                field=models.ForeignKey(
                    db_index=False, on_delete=CASCADE, related_name="deliveries", to="surveys.message"
                ),
            ),
            index="surveys_deliveryattempt_message_id_250aad17",
            on="surveys_deliveryattempt (message_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="response",
                name="customer",
                field=models.ForeignKey(
                    db_index=False, null=True, on_delete=PROTECT, related_name="responses", to="crm.customer"
                ),
            ),
            index="surveys_response_customer_id_f79ad5a1",
            on="surveys_response (customer_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="response",
                name="unit",
                field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="responses", to="crm.orgunit"),
            ),
            index="surveys_response_unit_id_7ef6f234",
            on="surveys_response (unit_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="answer",
                name="response",
                field=models.ForeignKey(
                    db_index=False, on_delete=CASCADE, related_name="answers", to="surveys.response"
                ),
            ),
            index="surveys_answer_response_id_5416c873",
            on="surveys_answer (response_id)",
        ),
    ]

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT

from common.migrating import without_index


class Migration(migrations.Migration):
    """Indexes that another one begins with, and the one for LIKE on a hash, go: each is written with every row."""

    atomic = False  # an index of many millions of addresses is made beside the running house

    dependencies = [("crm", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="contactpoint",
            index=models.Index(fields=["address_hash"], name="contact_point_by_hash"),
        ),
        without_index(
            migrations.AlterField(
                model_name="contactpoint", name="address_hash", field=models.CharField(max_length=64)
            ),
            index="crm_contactpoint_address_hash_55dbb459",
            on="crm_contactpoint (address_hash)",
            like=True,
        ),
        without_index(
            migrations.AlterField(
                model_name="contactpoint",
                name="customer",
                field=models.ForeignKey(
                    db_index=False, on_delete=CASCADE, related_name="contact_points", to="crm.customer"
                ),
            ),
            index="crm_contactpoint_customer_id_f26d4baf",
            on="crm_contactpoint (customer_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="consent",
                name="customer",
                field=models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="consents", to="crm.customer"),
            ),
            index="crm_consent_customer_id_6c648fd1",
            on="crm_consent (customer_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="interaction",
                name="customer",
                field=models.ForeignKey(
                    db_index=False, on_delete=PROTECT, related_name="interactions", to="crm.customer"
                ),
            ),
            index="crm_interaction_customer_id_33430ec4",
            on="crm_interaction (customer_id)",
        ),
        without_index(
            migrations.AlterField(
                model_name="interaction",
                name="unit",
                field=models.ForeignKey(
                    db_index=False, on_delete=PROTECT, related_name="interactions", to="crm.orgunit"
                ),
            ),
            index="crm_interaction_unit_id_0a5b0395",
            on="crm_interaction (unit_id)",
        ),
    ]

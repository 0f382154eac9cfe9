from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT


class Migration(migrations.Migration):
    """Indexes that another one begins with, and the one for LIKE on a hash, go: each is written with every row."""

    atomic = False  # an index of many millions of addresses is made beside the running house

    dependencies = [("crm", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="contactpoint",
            index=models.Index(fields=["address_hash"], name="contact_point_by_hash"),
        ),
        migrations.AlterField(
            model_name="contactpoint", name="address_hash", field=models.CharField(max_length=64)
        ),
        migrations.AlterField(
            model_name="contactpoint",
            name="customer",
            field=models.ForeignKey(
                db_index=False, on_delete=CASCADE, related_name="contact_points", to="crm.customer"
            ),
        ),
        migrations.AlterField(
            model_name="consent",
            name="customer",
            field=models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="consents", to="crm.customer"),
        ),
        migrations.AlterField(
            model_name="interaction",
            name="customer",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="interactions", to="crm.customer"),
        ),
        migrations.AlterField(
            model_name="interaction",
            name="unit",
            field=models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="interactions", to="crm.orgunit"),
        ),
    ]

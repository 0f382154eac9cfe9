from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Valid for new rows at once; the old ones are looked through without keeping anybody from answering."""

    atomic = False

    dependencies = [("surveys", "0032_public_links")]

    operations = [
        AddConstraintNotValid(
            model_name="response",
            constraint=models.CheckConstraint(
                condition=~Q(source__startswith="public-link:")
                | Q(customer=None, invitation=None, interaction=None, employee=None, load=None, callback_phone=""),
                name="who_passed_by_is_nobody",
            ),
        ),
        ValidateConstraint(model_name="response", name="who_passed_by_is_nobody"),
    ]

from django.db import migrations, models

MADE = """
CREATE UNIQUE INDEX CONCURRENTLY one_invitation_per_turn ON surveys_invitation (turn_id) WHERE turn_id IS NOT NULL
"""
GONE = "DROP INDEX CONCURRENTLY one_invitation_per_turn"


class Migration(migrations.Migration):
    atomic = False  # made beside the running house

    dependencies = [("surveys", "0010_programs_grown")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MADE, GONE)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="invitation",
                    constraint=models.UniqueConstraint(
                        fields=["turn"], condition=models.Q(turn__isnull=False), name="one_invitation_per_turn"
                    ),
                )
            ],
        )
    ]

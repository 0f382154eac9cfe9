from django.db import migrations, models

OPEN = models.Q(undone_at__isnull=True)
AS_SAID = models.UniqueConstraint(fields=["kept", "merged"], condition=OPEN, name="two_rows_merged_once")
MAKE = "CREATE UNIQUE INDEX CONCURRENTLY {} ON crm_merge ({}) WHERE undone_at IS NULL"
DROP = "DROP INDEX CONCURRENTLY {}"
MADE, GONE = MAKE.format("two_rows_merged_once", "kept_id, merged_id"), DROP.format("two_rows_merged_once")
MADE_BEFORE, GONE_BEFORE = MAKE.format("merged_into_one", "merged_id"), DROP.format("merged_into_one")


class Migration(migrations.Migration):
    """Backwards it fails where a row was merged with two others since: undo one of those merges first."""

    atomic = False  # made beside the running house

    dependencies = [("crm", "0011_a_silence_keeps_its_least")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(MADE, GONE), migrations.RunSQL(GONE_BEFORE, MADE_BEFORE)],
            state_operations=[
                migrations.RemoveConstraint(model_name="merge", name="merged_into_one"),
                migrations.AddConstraint(model_name="merge", constraint=AS_SAID),
            ],
        )
    ]

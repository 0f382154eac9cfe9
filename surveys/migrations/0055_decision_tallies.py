"""How many decisions came to which reason, by unit and day: coverage is read from these, not from the decisions. The
database keeps them, so that no writer can forget to; what stands there already is counted once, while the trigger waits
(a second for some million decisions)."""

import django.db.models.deletion
from django.db import migrations, models

KEEP = """
CREATE FUNCTION surveys_tally_decisions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO surveys_decisiontally (unit_id, day, version_id, reason, number)
    SELECT unit_id, occasion_day, version_id, reason, -count(*) FROM gone GROUP BY 1, 2, 3, 4;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO surveys_decisiontally (unit_id, day, version_id, reason, number)
    SELECT unit_id, occasion_day, version_id, reason, count(*) FROM fresh GROUP BY 1, 2, 3, 4;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tally_decisions AFTER INSERT ON surveys_decision
  REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION surveys_tally_decisions();
CREATE TRIGGER tally_changed_decisions AFTER UPDATE ON surveys_decision
  REFERENCING OLD TABLE AS gone NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION surveys_tally_decisions();
CREATE TRIGGER tally_gone_decisions AFTER DELETE ON surveys_decision
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION surveys_tally_decisions();
"""
LEAVE = """
DROP TRIGGER tally_decisions ON surveys_decision;
DROP TRIGGER tally_changed_decisions ON surveys_decision;
DROP TRIGGER tally_gone_decisions ON surveys_decision;
DROP FUNCTION surveys_tally_decisions;
"""
REASONS = [
    ("program_over", "the program's time was over"),
    ("too_old", "happened too long ago"),
    ("not_eligible", "outside the program's condition"),
    ("erased", "the customer's data were erased"),
    ("on_hold", "the customer is on hold (open ticket, bereavement, complaint, legal)"),
    ("no_address", "no usable address on the program's channel"),
    ("refused", "the customer refused to be asked, or consent is needed and missing"),
    ("suppressed", "the address is on the suppression list"),
    ("other_program", "kept for another program that needs the answer more"),
    ("quarantined", "asked recently"),
    ("answered_lately", "answered recently"),
    ("bounced_lately", "a message bounced recently"),
    ("capped", "asked as often as a year allows"),
    ("other_occasion", "another occasion of the same customer was chosen"),
    ("not_drawn", "not in the random sample"),
    ("over_quota", "the unit's quota for the period was full"),
    ("asked", "asked"),
]
COUNT = """
INSERT INTO surveys_decisiontally (unit_id, day, version_id, reason, number, folded)
SELECT unit_id, occasion_day, version_id, reason, count(*), true FROM surveys_decision GROUP BY 1, 2, 3, 4 ORDER BY 2, 1
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0054_passages_of_replies")]

    operations = [
        migrations.CreateModel(
            name="DecisionTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("reason", models.CharField(choices=REASONS, max_length=16)),
                ("number", models.IntegerField()),
                ("folded", models.BooleanField(null=True)),
                (
                    "unit",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+", to="crm.orgunit",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+", to="surveys.programversion",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "decision tallies",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("unit", "day", "version", "reason", "folded"), name="one_folded_tally"
                    )
                ],
                "indexes": [
                    models.Index(condition=models.Q(("folded", None)), fields=["id"], name="tally_to_be_folded")
                ],
            },
        ),
        migrations.RunSQL(KEEP, LEAVE),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]  # fmt: skip

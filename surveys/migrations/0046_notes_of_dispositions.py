"""Whatever may change what became of an invitation leaves a note, in its own transaction: its message, answer, refusal,
a mail that came back, a click that was settled, its own life. Triggers, so that no writer can forget it; rows that come
by thousands are noted by one statement. What stands there already is noted once, for the first filling."""

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = """
CREATE FUNCTION surveys_note_dispositions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO surveys_dispositionnote (invitation_id) SELECT invitation_id FROM fresh WHERE invitation_id IS NOT NULL;
  RETURN NULL;
END $$;
CREATE FUNCTION surveys_note_new_invitations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO surveys_dispositionnote (invitation_id) SELECT id FROM fresh;
  RETURN NULL;
END $$;
CREATE FUNCTION surveys_note_invitation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO surveys_dispositionnote (invitation_id) VALUES (OLD.id);
  RETURN NULL;
END $$;
CREATE FUNCTION surveys_note_disposition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND OLD.invitation_id IS NOT NULL THEN
    INSERT INTO surveys_dispositionnote (invitation_id) VALUES (OLD.invitation_id);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.invitation_id IS NOT NULL
      AND (TG_OP = 'INSERT' OR NEW.invitation_id IS DISTINCT FROM OLD.invitation_id) THEN
    INSERT INTO surveys_dispositionnote (invitation_id) VALUES (NEW.invitation_id);
  END IF;
  RETURN NULL;
END $$;
"""
IN_BULK = ("message", "response")
# what of a row is asked by the rule: columns, or what of them counts
WATCHED = {
    "message": ("state", "kind"),
    "response": ("status", "score IS NULL"),
    "refusal": (),
    "inboundmail": ("verdict", "message_id"),
    "provisionalscore": ("settled_at IS NULL", "automatic"),
    "clicktally": ("settled", "automatic"),
}
OWN = ("program_id", "unit_id", "channel", "created_at", "expires_at")


def triggers():
    yield """CREATE TRIGGER note_dispositions AFTER INSERT ON surveys_invitation
      REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION surveys_note_new_invitations();"""
    yield f"""CREATE TRIGGER note_changed_disposition AFTER UPDATE ON surveys_invitation FOR EACH ROW
      WHEN ({changed(OWN)}) EXECUTE FUNCTION surveys_note_invitation();"""
    yield """CREATE TRIGGER note_gone_disposition AFTER DELETE ON surveys_invitation FOR EACH ROW
      EXECUTE FUNCTION surveys_note_invitation();"""
    for table, columns in WATCHED.items():
        yield new_rows(table)
        yield f"""CREATE TRIGGER note_changed_disposition AFTER UPDATE ON surveys_{table} FOR EACH ROW
          WHEN ({changed(("invitation_id", *columns))}) EXECUTE FUNCTION surveys_note_disposition();"""
        yield f"""CREATE TRIGGER note_gone_disposition AFTER DELETE ON surveys_{table} FOR EACH ROW
          EXECUTE FUNCTION surveys_note_disposition();"""


def new_rows(table):
    if table in IN_BULK:
        return f"""CREATE TRIGGER note_dispositions AFTER INSERT ON surveys_{table}
          REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION surveys_note_dispositions();"""
    telling = {"provisionalscore": "WHEN (NEW.settled_at IS NOT NULL)", "inboundmail": "WHEN (NEW.verdict <> '')"}
    return f"""CREATE TRIGGER note_dispositions AFTER INSERT ON surveys_{table} FOR EACH ROW
      {telling.get(table, "")} EXECUTE FUNCTION surveys_note_disposition();"""


def changed(columns):
    return " OR ".join(f"(OLD.{name}) IS DISTINCT FROM (NEW.{name})" for name in columns)


def names():
    for table in ("invitation", *WATCHED):
        for name in ("note_dispositions", "note_changed_disposition", "note_gone_disposition"):
            yield f"DROP TRIGGER {name} ON surveys_{table};"
    yield """DROP FUNCTION surveys_note_dispositions, surveys_note_new_invitations, surveys_note_invitation,
      surveys_note_disposition;"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0045_visits_by_time")]

    operations = [
        migrations.CreateModel(
            name="DispositionNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "invitation",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+", to="surveys.invitation",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FUNCTIONS + "\n".join(triggers()), "\n".join(names())),
        migrations.RunSQL(
            "INSERT INTO surveys_dispositionnote (invitation_id) SELECT id FROM surveys_invitation",
            migrations.RunSQL.noop,
        ),
    ]  # fmt: skip

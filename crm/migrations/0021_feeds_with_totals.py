import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0020_silence_by_gaps"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="feed",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="feed",
            name="update_update",
        ),
        migrations.AddField(
            model_name="feed",
            name="needs_totals",
            field=models.BooleanField(
                default=False,
                help_text="Rows without the totals that they must agree with are refused. For financial records.",
                verbose_name="only with control totals",
            ),
        ),
        migrations.AddField(
            model_name="feedevent",
            name="needs_totals",
            field=models.BooleanField(
                default=False,
                help_text="Rows without the totals that they must agree with are refused. For financial records.",
                verbose_name="only with control totals",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feed",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "crm_feedevent" ("began_at", "columns", "every_hours", "expected", "id", "kind", "late_hours", "learns", "needs_totals", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "tolerance") VALUES (NEW."began_at", NEW."columns", NEW."every_hours", NEW."expected", NEW."id", NEW."kind", NEW."late_hours", NEW."learns", NEW."needs_totals", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."source_id", NEW."tolerance"); RETURN NULL;',
                    hash="40deea556ec95ae53ec791a20ff5658a1222080f",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_11fe6",
                    table="crm_feed",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="feed",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "crm_feedevent" ("began_at", "columns", "every_hours", "expected", "id", "kind", "late_hours", "learns", "needs_totals", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "source_id", "tolerance") VALUES (NEW."began_at", NEW."columns", NEW."every_hours", NEW."expected", NEW."id", NEW."kind", NEW."late_hours", NEW."learns", NEW."needs_totals", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."source_id", NEW."tolerance"); RETURN NULL;',
                    hash="2f92af37ecb534d9b6f3dbe1256d084ecbeee859",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_4d28d",
                    table="crm_feed",
                    when="AFTER",
                ),
            ),
        ),
    ]



import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('closedloop', '0037_views_of_other_pages'),
        ('crm', '0023_silence_of_refused_rows'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='alertrule',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='alertrule',
            name='update_update',
        ),
        migrations.AddField(
            model_name='alertrule',
            name='desk',
            field=models.ForeignKey(blank=True, help_text='The back office whose matter it is, such as pricing: it is told too. Empty: none.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit'),
        ),
        migrations.AddField(
            model_name='alertruleevent',
            name='desk',
            field=models.ForeignKey(blank=True, db_constraint=False, help_text='The back office whose matter it is, such as pricing: it is told too. Empty: none.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='crm.orgunit'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertrule',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "closedloop_alertruleevent" ("active", "audience", "code", "condition", "desk_id", "id", "name", "opens_ticket", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "program_id", "quiet_days", "waits") VALUES (NEW."active", NEW."audience", NEW."code", NEW."condition", NEW."desk_id", NEW."id", NEW."name", NEW."opens_ticket", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."policy_id", NEW."program_id", NEW."quiet_days", NEW."waits"); RETURN NULL;', hash='8e1c590564d0eb92eceb598844c58d41296bb592', operation='INSERT', pgid='pgtrigger_insert_insert_b6afb', table='closedloop_alertrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='alertrule',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "closedloop_alertruleevent" ("active", "audience", "code", "condition", "desk_id", "id", "name", "opens_ticket", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "policy_id", "program_id", "quiet_days", "waits") VALUES (NEW."active", NEW."audience", NEW."code", NEW."condition", NEW."desk_id", NEW."id", NEW."name", NEW."opens_ticket", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."policy_id", NEW."program_id", NEW."quiet_days", NEW."waits"); RETURN NULL;', hash='bbd42752826c9cad5bceb8ddb713888e197cc3a4', operation='UPDATE', pgid='pgtrigger_update_update_3dc05', table='closedloop_alertrule', when='AFTER')),
        ),
    ]

"""The causes of a running house become its first edition, published; from then on they stay as they are."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.utils import timezone


def into_the_first_edition(apps, schema_editor):
    causes = apps.get_model("closedloop", "RootCause").objects.filter(edition=None)
    if not causes.exists():
        return  # a new house makes its own
    at = timezone.now()
    edition = apps.get_model("closedloop", "CauseEdition").objects.create(
        number=1, note="As it was before there were editions.", made_at=at, published_at=at
    )
    causes.update(edition=edition, path=models.F("name"), offered=models.F("active"))


class Migration(migrations.Migration):
    atomic = False  # rows are changed, and then their table

    dependencies = [
        ('closedloop', '0019_root_causes_by_edition'),
    ]

    operations = [
        # backwards: as long as there is one edition, the causes are what they were
        migrations.RunPython(into_the_first_edition, migrations.RunPython.noop, atomic=True),
        migrations.AlterField(
            model_name='rootcause',
            name='edition',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='causes', to='closedloop.causeedition'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rootcause',
            trigger=pgtrigger.compiler.Trigger(name='published_causes_stay', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT FROM closedloop_causeedition e\n    WHERE e.id IN (CASE WHEN TG_OP = 'INSERT' THEN NEW.edition_id ELSE OLD.edition_id END, NEW.edition_id)\n      AND e.published_at IS NOT NULL\n) THEN\n    RAISE EXCEPTION 'pgtrigger: the causes of a published edition are not changed';\nEND IF;\nRETURN NEW;\n", hash='2294c714d4a7b6d3a1941231f344d279b524a825', operation='INSERT OR UPDATE', pgid='pgtrigger_published_causes_stay_0871e', table='closedloop_rootcause', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='rootcause',
            trigger=pgtrigger.compiler.Trigger(name='published_causes_are_kept', sql=pgtrigger.compiler.UpsertTriggerSql(func="\nIF EXISTS (\n    SELECT FROM closedloop_causeedition e\n    WHERE e.id IN (CASE WHEN TG_OP = 'INSERT' THEN NEW.edition_id ELSE OLD.edition_id END, OLD.edition_id)\n      AND e.published_at IS NOT NULL\n) THEN\n    RAISE EXCEPTION 'pgtrigger: the causes of a published edition are not changed';\nEND IF;\nRETURN OLD;\n", hash='3e8699e4ba0a6e64b03878f1b199536acadb6262', operation='DELETE', pgid='pgtrigger_published_causes_are_kept_46f37', table='closedloop_rootcause', when='BEFORE')),
        ),
    ]

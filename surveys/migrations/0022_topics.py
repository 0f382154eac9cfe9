import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations, models

# PostgreSQL's own stemmers, each without stop words: "not", "on" and "again" are half of what a complaint says
STEMMERS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "es": "spanish", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}
WORDS = "asciiword, word, numword, hword, hword_part, hword_asciipart, hword_numpart, asciihword, numhword"


def configurations():
    yield (
        "CREATE TEXT SEARCH CONFIGURATION words_plain (COPY = pg_catalog.simple)",
        "DROP TEXT SEARCH CONFIGURATION IF EXISTS words_plain",
    )
    yield (f"ALTER TEXT SEARCH CONFIGURATION words_plain ALTER MAPPING FOR {WORDS} WITH unaccent, simple", "")
    for code, language in STEMMERS.items():
        name = f"words_{code}"
        yield (
            f"CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = snowball, Language = {language})",
            f"DROP TEXT SEARCH DICTIONARY IF EXISTS {name}",
        )
        yield (
            f"CREATE TEXT SEARCH CONFIGURATION {name} (COPY = pg_catalog.simple)",
            f"DROP TEXT SEARCH CONFIGURATION IF EXISTS {name}",
        )
        yield (f"ALTER TEXT SEARCH CONFIGURATION {name} ALTER MAPPING FOR {WORDS} WITH unaccent, {name}", "")


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0008_api_callers'),
        ('crm', '0014_who_called_an_address_unusable'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('surveys', '0021_replays'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        UnaccentExtension(),
        *(migrations.RunSQL(make, drop) for make, drop in configurations()),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('description', models.CharField(blank=True, help_text='What belongs to it, and what does not.', max_length=300)),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='TopicEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.SlugField(db_index=False, max_length=60)),
                ('name', models.CharField(max_length=120)),
                ('description', models.CharField(blank=True, help_text='What belongs to it, and what does not.', max_length=300)),
                ('active', models.BooleanField(default=True)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='surveys.topic')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='TopicRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('language', models.CharField(help_text='ISO 639-1: en, fr.', max_length=10)),
                ('expression', models.TextField(max_length=2000, verbose_name='rule')),
                ('query', models.TextField(blank=True, default='', editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('changed_at', models.DateTimeField(editable=False)),
                ('coded_version', models.PositiveIntegerField(default=0, editable=False)),
                ('coded_upto', models.BigIntegerField(default=0, editable=False)),
                ('coded_at', models.DateTimeField(editable=False, null=True)),
                ('topic', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='surveys.topic')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('topic', 'language'), name='one_rule_per_topic_and_language'),
                ],
                'indexes': [
                    models.Index(condition=models.Q(('coded_version', models.F('version')), _negated=True), fields=['id'], name='rule_to_be_coded'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TopicRuleEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('language', models.CharField(help_text='ISO 639-1: en, fr.', max_length=10)),
                ('expression', models.TextField(max_length=2000, verbose_name='rule')),
                ('query', models.TextField(blank=True, default='', editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('changed_at', models.DateTimeField(editable=False)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='surveys.topicrule')),
                ('topic', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='surveys.topic')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('answer', 'comment of a customer'), ('attempt', 'note on a call'), ('finding', 'what was learned'), ('closure', 'how a ticket ended')], max_length=10)),
                ('source_id', models.BigIntegerField(help_text='Id of the row that holds the words as written.')),
                ('said_at', models.DateTimeField()),
                ('language', models.CharField(help_text='Of these words, ISO 639-1.', max_length=10)),
                ('sentiment', models.FloatField(help_text='-1 to 1; null: not available in this language.', null=True)),
                ('text', models.TextField(help_text='Personal data hidden.')),
                ('tsv', django.contrib.postgres.search.SearchVectorField()),
                ('read_at', models.DateTimeField()),
                ('employee', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.employee')),
                ('response', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='passage', to='surveys.response')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('kind', 'source_id'), name='one_passage_per_source'),
                    models.CheckConstraint(condition=models.Q(models.Q(('kind', 'answer'), ('response', models.F('source_id'))), models.Q(models.Q(('kind', 'answer'), _negated=True), ('response', None)), _connector='OR'), name='passage_of_an_answer_knows_it'),
                ],
                'indexes': [
                    django.contrib.postgres.indexes.GinIndex(fields=['tsv'], name='passage_by_words'),
                ],
            },
        ),
        migrations.CreateModel(
            name='PassageTopic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule_version', models.PositiveIntegerField(null=True)),
                ('removed', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('passage', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='topics', to='surveys.passage')),
                ('topic', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='passages', to='surveys.topic')),
                ('rule', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='surveys.topicrule')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('passage', 'topic'), name='one_topic_per_passage'),
                    models.CheckConstraint(condition=models.Q(models.Q(('rule__isnull', True), ('rule_version__isnull', True)), models.Q(('removed', False), ('rule__isnull', False), ('rule_version__isnull', False)), _connector='OR'), name='found_by_rule_or_by_hand'),
                ],
                'indexes': [
                    models.Index(fields=['topic', 'passage'], name='passages_of_topic'),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name='response',
            options={'permissions': [('load_responses', 'Can load answers collected elsewhere'), ('view_raw_words', 'Can see what was written with personal data in it')]},
        ),
        migrations.AddField(
            model_name='response',
            name='classified_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='response',
            name='masked',
            field=models.TextField(editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "surveys_topicevent" ("active", "code", "description", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."active", NEW."code", NEW."description", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='816ce1ef37806643751c1407c170dfb40dc2032a', operation='INSERT', pgid='pgtrigger_insert_insert_9fa02', table='surveys_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topic',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "surveys_topicevent" ("active", "code", "description", "id", "name", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."active", NEW."code", NEW."description", NEW."id", NEW."name", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='d72c91bb896166cd538109d1d64c2537e1f4ad67', operation='UPDATE', pgid='pgtrigger_update_update_d72b2', table='surveys_topic', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topicrule',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "surveys_topicruleevent" ("changed_at", "expression", "id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "query", "topic_id", "version") VALUES (NEW."changed_at", NEW."expression", NEW."id", NEW."language", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."query", NEW."topic_id", NEW."version"); RETURN NULL;', hash='b899a7f67c6bb250bea61dab19a6b614d1c9871c', operation='INSERT', pgid='pgtrigger_insert_insert_e037c', table='surveys_topicrule', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='topicrule',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."changed_at" IS DISTINCT FROM (NEW."changed_at") OR OLD."expression" IS DISTINCT FROM (NEW."expression") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."language" IS DISTINCT FROM (NEW."language") OR OLD."query" IS DISTINCT FROM (NEW."query") OR OLD."topic_id" IS DISTINCT FROM (NEW."topic_id") OR OLD."version" IS DISTINCT FROM (NEW."version"))', func='INSERT INTO "surveys_topicruleevent" ("changed_at", "expression", "id", "language", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "query", "topic_id", "version") VALUES (NEW."changed_at", NEW."expression", NEW."id", NEW."language", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."query", NEW."topic_id", NEW."version"); RETURN NULL;', hash='41e3950658db178123b7474b0201b40c42b26caf', operation='UPDATE', pgid='pgtrigger_update_update_f0c82', table='surveys_topicrule', when='AFTER')),
        ),
    ]

"""Scores by month, added up from those by day; those of products; which answers have words, told by the facts themselves; and a mark on the
cells of facts that go with a row that is deleted, left by the database, so that nobody who deletes can forget it."""

import django.db.models.deletion
from django.db import migrations, models

MONTHS = """
INSERT INTO analytics_unitmonthscores (unit_id, month, program_id, channel, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, loaded)
SELECT unit_id, date_trunc('month', day::timestamp)::date, program_id, channel, sum(s0), sum(s1), sum(s2), sum(s3), sum(s4),
       sum(s5), sum(s6), sum(s7), sum(s8), sum(s9), sum(s10), sum(loaded)
FROM analytics_unitdayscores GROUP BY 1, 2, 3, 4
"""
PRODUCTS = f"""
INSERT INTO analytics_unitmonthproducts (unit_id, month, product, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, loaded)
SELECT unit_id, date_trunc('month', day::timestamp)::date, product,
       {", ".join(f"count(*) FILTER (WHERE score = {score})" for score in range(11))}, count(*) FILTER (WHERE loaded)
FROM analytics_answerfact GROUP BY 1, 2, 3
"""
STATES = """
INSERT INTO analytics_fillstate (rollup, status, at, answers)
SELECT name, status, at, answers FROM analytics_fillstate
CROSS JOIN unnest(ARRAY['unit_month_scores', 'unit_month_products']) AS name WHERE rollup = 'unit_day_scores'
"""
NO_STATES = "DELETE FROM analytics_fillstate WHERE rollup IN ('unit_month_scores', 'unit_month_products')"
COMMENTED = """
UPDATE analytics_answerfact f SET commented = true FROM surveys_response r WHERE r.id = f.response_id AND r.comment <> ''
"""
GONE = """
CREATE FUNCTION analytics_mark_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO analytics_dirtycell (rollup, unit_id, day)
  SELECT DISTINCT 'unit_day_scores', unit_id, day FROM gone ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER mark_gone AFTER DELETE ON analytics_answerfact
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION analytics_mark_gone();
"""
NOT_GONE = "DROP TRIGGER mark_gone ON analytics_answerfact; DROP FUNCTION analytics_mark_gone()"


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0016_launches'),
        ('crm', '0023_silence_of_refused_rows'),
        ('surveys', '0058_own_words_read_anew'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitMonthScores',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                *[(f's{score}', models.PositiveIntegerField(default=0)) for score in range(11)],
                ('loaded', models.PositiveIntegerField(default=0)),
                ('month', models.DateField()),
                ('channel', models.CharField(max_length=20)),
                ('program', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='surveys.program')),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='crm.orgunit')),
            ],
            options={
                'verbose_name': 'scores by month',
                'verbose_name_plural': 'scores by month',
                'constraints': [models.UniqueConstraint(fields=('unit', 'month', 'program', 'channel'), name='one_cell_per_unit_month')],
            },
        ),
        migrations.CreateModel(
            name='UnitMonthProducts',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                *[(f's{score}', models.PositiveIntegerField(default=0)) for score in range(11)],
                ('loaded', models.PositiveIntegerField(default=0)),
                ('month', models.DateField()),
                ('product', models.CharField(blank=True, max_length=80)),
                ('unit', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='crm.orgunit')),
            ],
            options={
                'verbose_name': 'scores of products by month',
                'verbose_name_plural': 'scores of products by month',
                'constraints': [models.UniqueConstraint(fields=('unit', 'month', 'product'), name='one_product_cell_per_unit_month')],
            },
        ),
        migrations.AddField(
            model_name='answerfact',
            name='commented',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(COMMENTED, migrations.RunSQL.noop),
        migrations.RunSQL(MONTHS, migrations.RunSQL.noop),
        migrations.RunSQL(PRODUCTS, migrations.RunSQL.noop),
        migrations.RunSQL(STATES, NO_STATES),
        migrations.RunSQL(GONE, NOT_GONE),
    ]

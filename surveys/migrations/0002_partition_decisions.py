"""Decisions by month: at a bank's size they are the largest table, and retention drops whole partitions.

Runs right after the table was made and is empty; there is no way back to a plain table (it would have to copy years).
"""

from django.db import migrations

PARTITIONED = """
ALTER TABLE surveys_decision RENAME TO surveys_decision_plain;
CREATE TABLE surveys_decision (LIKE surveys_decision_plain INCLUDING DEFAULTS) PARTITION BY RANGE (occasion_day);
DROP TABLE surveys_decision_plain;
-- a sequence of its own: identity columns of partitioned tables need PostgreSQL 17
CREATE SEQUENCE surveys_decision_number OWNED BY surveys_decision.id;
ALTER TABLE surveys_decision ALTER COLUMN id SET DEFAULT nextval('surveys_decision_number');
ALTER TABLE surveys_decision ADD PRIMARY KEY (id, occasion_day);
ALTER TABLE surveys_decision ADD CONSTRAINT one_decision_per_occasion UNIQUE (program_id, occasion, occasion_day);
CREATE INDEX decision_of_customer ON surveys_decision (customer_id, decided_at DESC);
CREATE INDEX decision_of_unit ON surveys_decision (unit_id, occasion_day);
"""


class Migration(migrations.Migration):
    dependencies = [("surveys", "0001_initial")]
    operations = [migrations.RunSQL(PARTITIONED, reverse_sql=migrations.RunSQL.noop)]

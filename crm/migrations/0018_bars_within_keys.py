"""A bar within an account, a product line or a customer's id is written \\| in the key of a financial record.

Without it two records could have one key (product "a|b", or product "a" of account "b"), and the later one took the
place of the first. Rows without a bar or a backslash keep their key. Backwards the keys are as they were, but for those
that would then be two of one.
"""

from django.db import migrations

# the key before: rtrim(customer | first day | currency | product | account, bars)
FORWARD = r"""
CREATE TEMPORARY TABLE keys_written_anew ON COMMIT DROP AS
    SELECT p.id, replace(replace(p.customer, '\', '\\'), '|', '\|') || '|' || p.starts_on || '|' || p.currency
        || CASE WHEN p.product <> '' OR p.account <> ''
            THEN '|' || replace(replace(p.product, '\', '\\'), '|', '\|') ELSE '' END
        || CASE WHEN p.account <> '' THEN '|' || replace(replace(p.account, '\', '\\'), '|', '\|') ELSE '' END AS key
    FROM (
        SELECT r.*, left(external_id, length(external_id) - length(
            rtrim('|' || starts_on || '|' || currency || '|' || product || '|' || account, '|')
        )) AS customer
        FROM crm_financialrecord r
    ) p
    WHERE concat(p.customer, p.product, p.account) ~ '[|\\]';
DELETE FROM keys_written_anew WHERE length(key) > 400;
"""
BACKWARD = r"""
CREATE TEMPORARY TABLE keys_written_anew ON COMMIT DROP AS
    SELECT id, key FROM (
        SELECT id, source, rtrim(replace(replace(external_id, '\|', '|'), '\\', '\'), '|') AS key,
            count(*) OVER (
                PARTITION BY source, rtrim(replace(replace(external_id, '\|', '|'), '\\', '\'), '|')
            ) AS alike
        FROM crm_financialrecord WHERE external_id LIKE '%\\%'
    ) k
    WHERE alike = 1 AND NOT EXISTS (
        SELECT FROM crm_financialrecord o
        WHERE o.source = k.source AND o.external_id = k.key AND o.external_id NOT LIKE '%\\%'
    );
"""
# out of the way first: the new key of one record may be the old one of another
WRITE = r"""
UPDATE crm_financialrecord f SET external_id = E'\x01' || f.id FROM keys_written_anew k WHERE f.id = k.id;
UPDATE crm_financialrecord f SET external_id = k.key FROM keys_written_anew k WHERE f.id = k.id;
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0017_names_of_lists")]

    operations = [migrations.RunSQL(FORWARD + WRITE, BACKWARD + WRITE)]

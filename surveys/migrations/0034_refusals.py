from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

# what was said by the links of mails and by mail before this table was; words on consent name the invitation
REMEMBER = """
INSERT INTO surveys_refusal (invitation_id, at, how)
SELECT DISTINCT ON (invitation_id) invitation_id, at, how
FROM (
    SELECT i.id AS invitation_id, w.at, 'link' AS how
    FROM crm_consentword w
    JOIN surveys_invitation i ON i.public_id::text = substr(w.evidence, length('link of invitation ') + 1)
    WHERE w.evidence LIKE 'link of invitation %' AND NOT w.granted
    UNION ALL
    SELECT invitation_id, coalesce(judged_at, received_at), CASE verdict WHEN 'complaint' THEN 'complaint' ELSE 'mail' END
    FROM surveys_inboundmail
    WHERE invitation_id IS NOT NULL AND verdict IN ('complaint', 'unsubscribe')
) said
ORDER BY invitation_id, at
"""


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0015_keys_of_divided_units"),
        ("surveys", "0033_who_passed_by_is_nobody"),
    ]

    operations = [
        migrations.CreateModel(
            name="Refusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("link", "by the link of the mail"),
                            ("mail", "by mail"),
                            ("complaint", "by a complaint to the provider"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "invitation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refusal", to="surveys.invitation"
                    ),
                ),
            ],
        ),
        migrations.RunSQL(REMEMBER, migrations.RunSQL.noop),
    ]

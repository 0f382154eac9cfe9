"""Mails about praise, talks, tickets handed over and patterns across branches."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('analytics', '0015_patterns_told'),
        ('closedloop', '0039_handovers_told'),
        ('distribution', '0027_alerts_before_digests'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='dispatch',
            name='dispatch_of_one_thing',
        ),
        migrations.AddField(
            model_name='dispatch',
            name='handover',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='closedloop.handover'),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='pattern',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='analytics.pattern'),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='talk',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distribution.talk'),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='thanks',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='distribution.thanks'),
        ),
        migrations.AlterField(
            model_name='dispatch',
            name='kind',
            field=models.CharField(choices=[('alert', 'Alert'), ('digest', 'Digest'), ('webhook', 'webhook switched off'), ('approval', 'a version waits for a second person'), ('late', 'a ticket runs late'), ('outcome', 'what came of what they raised'), ('view', 'a view they subscribed to'), ('huddle', "they lead today's huddle"), ('thanks', 'praise was passed on to them'), ('talk', 'a talk with them was written down'), ('handed', 'tickets were handed to them'), ('pattern', 'a pattern across branches')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'alert'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', False), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'digest'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', False), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'webhook'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', False), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'approval'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', False), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'late'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'outcome'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', False), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'view'), ('pattern__isnull', True), ('run__isnull', False), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', False), ('kind', 'huddle'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'thanks'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', False)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'talk'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', False), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', False), ('huddle__isnull', True), ('kind', 'handed'), ('pattern__isnull', True), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('handover__isnull', True), ('huddle__isnull', True), ('kind', 'pattern'), ('pattern__isnull', False), ('run__isnull', True), ('talk__isnull', True), ('telling__isnull', True), ('thanks__isnull', True)), _connector='OR'), name='dispatch_of_one_thing'),
        ),
    ]

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('distribution', '0023_huddles'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='dispatch',
            name='dispatch_of_one_thing',
        ),
        migrations.AlterField(
            model_name='dispatch',
            name='kind',
            field=models.CharField(choices=[('alert', 'Alert'), ('digest', 'Digest'), ('webhook', 'webhook switched off'), ('approval', 'a version waits for a second person'), ('late', 'a ticket runs late'), ('outcome', 'what came of what they raised'), ('view', 'a view they subscribed to'), ('huddle', "they lead today's huddle")], max_length=8),
        ),
        migrations.AddField(
            model_name='dispatch',
            name='huddle',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='distribution.huddle'),
        ),
        migrations.AddConstraint(
            model_name='dispatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('alert__isnull', False), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'alert'), ('run__isnull', True), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', False), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'digest'), ('run__isnull', True), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', False), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'webhook'), ('run__isnull', True), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', False), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'approval'), ('run__isnull', True), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', False), ('huddle__isnull', True), ('kind', 'late'), ('run__isnull', True), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'outcome'), ('run__isnull', True), ('telling__isnull', False)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', True), ('kind', 'view'), ('run__isnull', False), ('telling__isnull', True)), models.Q(('alert__isnull', True), ('approval__isnull', True), ('digest__isnull', True), ('endpoint__isnull', True), ('escalation__isnull', True), ('huddle__isnull', False), ('kind', 'huddle'), ('run__isnull', True), ('telling__isnull', True)), _connector='OR'), name='dispatch_of_one_thing'),
        ),
    ]

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0023_silence_of_refused_rows'),
        ('distribution', '0019_library'),
        ('surveys', '0058_own_words_read_anew'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Talk',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, help_text='Of the form: sent twice, it is one talk.', unique=True)),
                ('held_on', models.DateField()),
                ('went_well', models.TextField(blank=True)),
                ('to_try', models.TextField(blank=True)),
                ('next_on', models.DateField(blank=True, null=True)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('employee', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='talks', to='crm.employee')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='crm.orgunit')),
            ],
            options={
                'indexes': [models.Index(fields=['employee', '-held_on', '-id'], name='talks_of_employee')],
                'constraints': [models.CheckConstraint(condition=models.Q(('to_try', ''), ('went_well', ''), _negated=True), name='talk_says_something'), models.CheckConstraint(condition=models.Q(('next_on', None), ('next_on__gt', models.F('held_on')), _connector='OR'), name='next_talk_is_later')],
            },
        ),
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=300)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('talk', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='commitments', to='distribution.talk')),
                ('carried_from', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='carried_to', to='distribution.commitment')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Settlement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('kept', 'Kept'), ('partly', 'Partly kept'), ('not', 'Not kept'), ('carried', 'Carried on')], max_length=7)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('commitment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='settlement', to='distribution.commitment')),
                ('talk', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='settlements', to='distribution.talk')),
            ],
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(unique=True)),
                ('words', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('talk', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='distribution.talk')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='Thanks',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('words', models.CharField(blank=True, help_text='What whoever passed it on adds.', max_length=500)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(editable=False, null=True)),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('employee', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='thanks', to='crm.employee')),
                ('response', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='thanks', to='surveys.response')),
            ],
            options={
                'verbose_name': 'praise passed on',
                'verbose_name_plural': 'praise passed on',
            },
        ),
    ]

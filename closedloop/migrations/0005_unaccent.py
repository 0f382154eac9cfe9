from django.contrib.postgres.operations import UnaccentExtension
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("closedloop", "0004_relations_and_constraints")]

    operations = [
        UnaccentExtension(),  # alert rules find words whatever their accents
    ]

"""How far each member has read the notes."""
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_people'),
    ]

    operations = [
        migrations.AddField(
            model_name='membership',
            name='read_seq',
            field=models.BigIntegerField(default=0, help_text='The last event whose note was read.'),
        ),
    ]

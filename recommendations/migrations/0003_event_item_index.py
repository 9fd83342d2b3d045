from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0002_report")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["scope", "item_key", "occurred_at"], name="rec_event_item"),
        ),
    ]

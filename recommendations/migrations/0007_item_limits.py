from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0006_item_previous_price")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="is_sensitive",
            field=models.BooleanField(
                default=False,
                help_text="Nothing is recommended because of it, and it is shown only where the adapter allows it.",
                verbose_name="sensitive",
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="minimum_age",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Of visitors who may see it.", verbose_name="minimum age"
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="customer_groups",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Who may see it; empty: everybody.",
                verbose_name="customer groups",
            ),
        ),
        migrations.AddField(
            model_name="item",
            name="is_limited",
            field=models.BooleanField(
                default=False,
                help_text="Not for everybody, or not for ever: an age, groups or times are set.",
                verbose_name="limited",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=["scope"], condition=models.Q(("is_limited", True)), name="rec_item_limited"
            ),
        ),
    ]

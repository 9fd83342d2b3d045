from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0007_item_limits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="impression",
            name="items",
            field=models.JSONField(
                help_text="[[item, source, recommender, propensity if drawn], …] in order of position.",
                verbose_name="items",
            ),
        ),
        migrations.CreateModel(
            name="ItemStat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=64, verbose_name="scope")),
                ("placement", models.CharField(max_length=64, verbose_name="placement")),
                ("item_key", models.CharField(max_length=190, verbose_name="item")),
                ("day", models.DateField(verbose_name="day")),
                ("simulated", models.BooleanField(default=False, verbose_name="simulated")),
                ("seen", models.PositiveIntegerField(default=0, verbose_name="times in view")),
                ("clicks", models.PositiveIntegerField(default=0, verbose_name="clicks")),
            ],
            options={
                "verbose_name": "daily figure of an item",
                "verbose_name_plural": "daily figures of items",
                "indexes": [models.Index(fields=["day"], name="rec_itemstat_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("scope", "placement", "item_key", "day", "simulated"), name="rec_itemstat_key"
                    )
                ],
            },
        ),
    ]

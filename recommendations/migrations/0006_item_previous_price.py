from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0005_rules")]

    operations = [
        migrations.AddField(
            model_name="item",
            name="previous_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="Before the last change.",
                max_digits=14,
                null=True,
                verbose_name="previous price",
            ),
        ),
    ]

"""Loads the gift shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from shop.loading import run
from shop.loading.online_retail import OnlineRetail


class Command(BaseCommand):
    help = (
        "Loads a gift shop's orders from DIR/products.csv, DIR/orders.csv.gz and DIR/order_lines.csv.gz."
        " Safe to run again: nothing is doubled, and an interrupted load is completed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dir", metavar="DIR", type=Path, help="folder with the three files")
        run.add_shift_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        run.load(self, lambda: OnlineRetail(options["dir"]), options)

"""From an empty database to a shop that recommends."""

from __future__ import annotations

import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.urls import reverse

#: What each step says, the command that does it, and its arguments.
STEPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("Make the tables", "migrate", ()),
    ("Load the shop: products, customers, a year of orders", "load_demo", ("--with-logins",)),
    ("Mirror the catalogue", "recommendations", ("sync_items",)),
    ("Read the order history", "recommendations", ("backfill",)),
    ("Get to know the customers", "recommendations", ("profiles",)),
    ("Learn what goes with what", "recommendations", ("train",)),
    ("Sum up the reports", "recommendations", ("roll_up",)),
)


class Command(BaseCommand):
    help = "Prepares the demo shop: tables, data, history, trained recommendations. Safe to run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="port of the address that is printed at the end"
        )
        parser.add_argument(
            "--full", action="store_true", help="load every product and order instead of a subset"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        for number, (title, command, arguments) in enumerate(STEPS, 1):
            self.stdout.write(self.style.MIGRATE_HEADING(f"{number}/{len(STEPS)} {title}"))
            extra = ("--full",) if command == "load_demo" and options["full"] else ()
            verbosity = 0 if command == "migrate" else options["verbosity"]
            call_command(command, *arguments, *extra, verbosity=verbosity)
        address = f"http://127.0.0.1:{options['port']}"
        self.stdout.write(self.style.SUCCESS(f"\nReady after {time.monotonic() - started:.0f} s: {address}/"))
        self.stdout.write(f"  shopper / shopper            {address}{reverse('shop:login')}")
        self.stdout.write(f"  merchandiser / merchandiser  {address}{reverse('admin:index')}")

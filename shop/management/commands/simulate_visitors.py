"""Simulated visitors, so that the reports have something to show."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shop.loading.progress import Progress
from shop.simulation.removal import remove_simulated
from shop.simulation.taste import read_assortment
from shop.simulation.visits import Visit, appointments
from shop.simulation.ways import StraightToFunctions, ThroughPages


class Command(BaseCommand):
    help = (
        "Lets seeded visitors browse, search, see slates, click and buy. All they leave is marked as simulated,"
        " training ignores it, and --remove takes it out again, orders included."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--visitors", type=int, default=100, help="how many (default: 100)")
        parser.add_argument("--days", type=int, default=14, help="over how many days up to now (default: 14)")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same visitors")
        parser.add_argument("--fast", action="store_true", help="call the functions behind the pages instead")
        parser.add_argument(
            "--remove", action="store_true", help="remove all that was ever simulated, and stop"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["remove"]:
            self.stdout.write(f"{remove_simulated()} simulated orders removed, and all they left in the log.")
            return
        if options["visitors"] < 1 or options["days"] < 1:
            raise CommandError("--visitors and --days must be at least 1.")
        try:
            assortment = read_assortment()
        except ValueError as error:
            raise CommandError(str(error)) from error
        coming = appointments(
            assortment,
            n_visitors=options["visitors"],
            days=options["days"],
            now=timezone.now(),
            seed=options["seed"],
        )
        way = StraightToFunctions if options["fast"] else ThroughPages
        progress = Progress(self.stderr, quiet=options["verbosity"] == 0)  # type: ignore[arg-type]
        counts: Counter[str] = Counter()
        for appointment in progress.track(coming, "visitors", len(coming)):
            counts += Visit(way(appointment.moment), appointment.taste, Random(appointment.seed)).run()
        for what, n in counts.items():
            self.stdout.write(f"  {n:>6,} {what}")
        call_command("recommendations", "roll_up", days=options["days"] + 1, stdout=self.stdout)

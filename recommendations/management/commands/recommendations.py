from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from recommendations.exceptions import RecommendationsError
from recommendations.management.subcommands import SUBCOMMANDS
from recommendations.management.terminal import TerminalProgress
from recommendations.progress import NoProgress


class Command(BaseCommand):
    help = "Everything that keeps recommendations going: history, training, reports, housekeeping."

    def add_arguments(self, parser: ArgumentParser) -> None:
        subparsers = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
        for name, subcommand in SUBCOMMANDS.items():
            own = subparsers.add_parser(name, help=subcommand.help, description=subcommand.help)
            own.add_argument(
                "--scope", default="", help="Which shop, site or language; default: the unnamed one."
            )
            own.add_argument("--no-progress", action="store_true", help="Print the result only.")
            subcommand.arguments(own)

    def handle(self, *args: Any, **options: Any) -> None:
        progress = (
            NoProgress() if options["no_progress"] else TerminalProgress(options.get("stderr") or sys.stderr)
        )
        try:
            text = SUBCOMMANDS[options["subcommand"]].run(options, progress)
        except RecommendationsError as error:
            progress.finish()
            raise CommandError(str(error)) from error
        progress.finish()
        self.stdout.write(text)

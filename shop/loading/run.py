"""What both load commands do around their source: time, progress, errors, the final report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TextIO, cast

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from shop.loading.base import LoadError, Source
from shop.loading.progress import Progress
from shop.loading.table import report_lines
from shop.loading.writer import Writer

SHOPPER = "shopper"
MERCHANDISER = "merchandiser"


def add_shift_argument(parser: CommandParser) -> None:
    parser.add_argument(
        "--no-shift",
        action="store_true",
        help="keep the data's own times; without it all times move by whole weeks, so that the last order lies"
        " within the last seven days",
    )


def load(
    command: BaseCommand,
    make_source: Callable[[], Source],
    options: dict[str, Any],
    usernames: Callable[[Source], dict[str, str]] = lambda source: {},
) -> None:
    """Read the source, write it, print the report. A LoadError becomes a CommandError with its text."""
    progress = Progress(cast(TextIO, command.stderr._out), quiet=options["verbosity"] == 0)
    try:
        progress.say("  reading the data …")
        source = make_source()
        writer = Writer(source, progress, usernames(source))
        report = writer.load(now=timezone.now(), shift=not options["no_shift"])
    except LoadError as error:
        raise CommandError(str(error)) from error
    if options["verbosity"]:
        command.stdout.write("\n".join(report_lines(report, all_reasons=options["verbosity"] > 1)))


def make_logins() -> None:
    """The demo's two logins, each with its name as password. One that can log in already keeps its password."""
    users = get_user_model()._default_manager
    shopper = users.filter(username=SHOPPER).first()
    if shopper is not None and not shopper.has_usable_password():
        shopper.set_password(SHOPPER)
        shopper.save(update_fields=["password"])
    if not users.filter(username=MERCHANDISER).exists():
        users.create_superuser(
            username=MERCHANDISER, email="merchandiser@example.invalid", password=MERCHANDISER
        )

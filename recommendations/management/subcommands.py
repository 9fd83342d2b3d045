"""What `manage.py recommendations <subcommand>` knows: name, help, arguments, and the function that does it."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from recommendations.management import config_commands as config
from recommendations.management import data_commands as data
from recommendations.management import evaluation_commands as evaluation
from recommendations.management import training_commands as training
from recommendations.management import tuning_commands as tuning
from recommendations.progress import Progress


def _no_arguments(parser: ArgumentParser) -> None:
    return None


@dataclass(frozen=True)
class Subcommand:
    """`run` gets the options and a progress, and returns what is to be printed."""

    help: str
    run: Callable[[dict[str, Any], Progress], str]
    arguments: Callable[[ArgumentParser], None] = _no_arguments


SUBCOMMANDS: dict[str, Subcommand] = {
    "sync_items": Subcommand("Mirror the shop's catalogue.", data.sync_items),
    "backfill": Subcommand(
        "Turn the shop's history into events; can be interrupted, and never doubles one.",
        data.backfill,
        data.backfill_arguments,
    ),
    "reconcile": Subcommand("Pick up what no signal told since the last time.", data.reconcile),
    "train": Subcommand(
        "Learn, evaluate, and publish what passes the quality gate.", training.train, training.train_arguments
    ),
    "evaluate": Subcommand(
        "Compare recommenders on the shop's own data; nothing is published.",
        evaluation.evaluate,
        evaluation.evaluate_arguments,
    ),
    "tune": Subcommand(
        "Search better options for a recommender on the shop's own data; what is found is proposed.",
        tuning.tune,
        tuning.tune_arguments,
    ),
    "experiments": Subcommand(
        "Work out how experiments stand; stops what is over or does harm.", data.experiments
    ),
    "config": Subcommand(
        "What settings and active Overrides come to; activate, reject and roll back Overrides.",
        config.config,
        config.config_arguments,
    ),
    "status": Subcommand(
        "What is live, how old, how good, how covered, and why something is empty.", training.status
    ),
    "activate": Subcommand("Make a kept snapshot live.", training.activate, training.activate_arguments),
    "rollback": Subcommand(
        "Go back to the snapshot before the live one.", training.rollback, training.rollback_arguments
    ),
    "roll_up": Subcommand("Compute the daily figures of the reports.", data.roll_up, data.roll_up_arguments),
    "digest": Subcommand("Mail the week's figures and alarms.", data.digest, data.digest_arguments),
    "profiles": Subcommand("Rebuild the visitors' profiles.", data.profiles),
    "prune": Subcommand("Delete events and impressions that are too old.", data.prune),
    "remove_simulated": Subcommand("Delete all that simulated visitors left.", data.remove_simulated),
}

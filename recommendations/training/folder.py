"""Where training keeps the events that it has read. Loads no numpy."""

from __future__ import annotations

import os
from pathlib import Path

from recommendations.conf import NAME, settings


def training_folder() -> Path | None:
    """The folder of the settings, by default one among the user's caches; None when nothing is to be kept."""
    folder = settings.TRAINING_FOLDER
    if folder is not None:
        return Path(folder) if folder else None
    caches = os.environ.get("XDG_CACHE_HOME")
    try:
        return (Path(caches) if caches else Path.home() / ".cache") / "django-recommendations"
    except RuntimeError:  # a user without a home
        return None


def problem(folder: Path) -> str:
    """Why nothing can be written there, or ""."""
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return f"{there} is no folder"
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} cannot be written by this user"
    return ""


def how_to_change(folder: Path) -> str:
    """The line to change."""
    return f'Make {folder} writable, or name another folder: {NAME}["TRAINING_FOLDER"] = "/var/lib/shop".'

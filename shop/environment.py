"""Reading settings from environment variables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Readers never wait for the writer (WAL); a writer takes its lock at BEGIN and waits up to `timeout` seconds
# for it, instead of failing half-way when a reading transaction wants to become a writing one.
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;"
        " PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456; PRAGMA journal_size_limit=67108864;"
    ),
}


def env_flag(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    if value:
        raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; set {name}=1 or {name}=0.")
    return default


def env_list(name: str, *, default: list[str]) -> list[str]:
    parts = [part.strip() for part in os.environ.get(name, "").split(",") if part.strip()]
    return parts or default


def database(url: str, *, sqlite_file: Path) -> dict[str, Any]:
    """The `DATABASES` entry for `url`; SQLite in `sqlite_file` when it is empty.

    A directory with a Unix socket can be given as `?host=/path`; other query arguments become libpq options.
    Raises ImproperlyConfigured for any scheme but postgres:// and postgresql://, and for a URL without a name.
    """
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": sqlite_file, "OPTIONS": dict(SQLITE_OPTIONS)}
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"DATABASE_URL has the scheme {parts.scheme!r}; set DATABASE_URL=postgres://user:password@host:5432/name,"
            " or unset it for SQLite."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ImproperlyConfigured(
            "DATABASE_URL names no database; set DATABASE_URL=postgres://user:password@host:5432/name."
        )
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or unquote(parts.hostname or "")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(options.pop("port", None) or parts.port or ""),
        "OPTIONS": options,
    }

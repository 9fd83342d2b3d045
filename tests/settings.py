"""Settings of the test suite: the sample shop's, on a database of the run's own.

TEST_DB=postgres runs the suite on PostgreSQL: on the server of DATABASE_URL, or on one that the run starts
itself (its address then comes in TEST_POSTGRES_URL). TEST_DATABASE names an existing database, for the
processes that a test starts (a Celery worker) and that must see what the test sees.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from shop.environment import database
from shop.settings import *  # noqa: F403
from shop.settings import DATABASES, REDIS_URL

ON_POSTGRES = os.environ.get("TEST_DB") == "postgres" or bool(os.environ.get("DATABASE_URL"))
#: The server is not known yet when the run is going to start one; then its first fixture fills it in.
POSTGRES_URL = (
    os.environ.get("DATABASE_URL")
    or os.environ.get("TEST_POSTGRES_URL")
    or "postgres://postgres@127.0.0.1:1/postgres"
)
_FILE = Path(tempfile.gettempdir()) / f"recommendations-tests-{os.getpid()}.sqlite3"

DATABASES["default"] |= database(POSTGRES_URL if ON_POSTGRES else "", sqlite_file=_FILE)
#: The harder case for an app that logs: its errors must not spoil the shop's transaction.
DATABASES["default"]["ATOMIC_REQUESTS"] = True
if not ON_POSTGRES:
    # A file, as in production: threads, browsers and workers then meet the real locks.
    DATABASES["default"]["TEST"] = {"NAME": f"{_FILE}.test"}
if os.environ.get("TEST_DATABASE"):
    DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]

DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_IGNORE_RESULT = False
#: What the tests save never reaches a broker that happens to run on this machine.
CELERY_BROKER_URL = REDIS_URL or "memory://"

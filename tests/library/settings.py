"""A lending library: another host, unlike the shop in all that matters.

UUID keys, its own user model, a log on another database, two kinds of things to lend whose keys have a prefix,
no cart, no prices, no orders; no Celery, no DRF and no other extra installed.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import tests.library.without_extras  # noqa: F401

SECRET_KEY = "only-for-tests"
USE_TZ = True
TIME_ZONE = "Europe/Berlin"
LANGUAGE_CODE = "en"
ALLOWED_HOSTS = ["testserver"]
ROOT_URLCONF = "tests.library.urls"
AUTH_USER_MODEL = "library.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "recommendations",
    "tests.library",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "recommendations.middleware.RecommendationsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
STATIC_URL = "static/"
_SERVER = os.environ.get("TEST_POSTGRES_URL") or os.environ.get("DATABASE_URL") or ""
if _SERVER:
    _url = urlsplit(_SERVER)
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": _url.path.lstrip("/"),
            "USER": _url.username or "",
            "PASSWORD": _url.password or "",
            "HOST": _url.hostname or "",
            "PORT": str(_url.port or ""),
            "TEST": {"NAME": f"library_{os.getpid()}"},
        }
    }
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": Path(tempfile.gettempdir()) / "library.sqlite3",
        }
    }
#: The log lives on a database of its own: the library's router says so.
DATABASES["log"] = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": Path(tempfile.gettempdir()) / "library-log.sqlite3",
}
DATABASE_ROUTERS = ["tests.library.routers.LogRouter"]

RECOMMENDATIONS = {
    "ADAPTER": "tests.library.adapter.LibraryAdapter",
    "EVENT_KINDS": ["loan"],
    "RECOMMENDERS": {
        "also_borrowed": {
            "algorithm": "recommendations.algorithms.item_knn.ItemKNN",
            "options": {"events": {"loan": 1.0}},
        },
        "popular": {"options": {"events": {"loan": 1.0}}},
        "also_bought": None,
        "also_viewed": None,
        "bought_together": None,
    },
    "PLACEMENTS": {
        "borrowers_also": {
            "page": "title",
            "title": "Readers also borrowed",
            "sources": [{"source": "similar", "recommenders": ["also_borrowed", "similar_content"]}],
            "filters": ["shown_item"],
            "fallback": [{"source": "popular"}],
        },
    },
    "GATE_MINIMUM_EVENTS": 10,
}

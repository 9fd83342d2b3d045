"""Settings of the sample shop: it starts on SQLite alone, and grows by environment variables.

DATABASE_URL (postgres://user:password@host:port/name), REDIS_URL (cache and Celery broker), SECRET_KEY,
DEBUG (1/0), ALLOWED_HOSTS and CSRF_TRUSTED_ORIGINS (comma-separated), SHOP_CURRENCY.
"""

from __future__ import annotations

import os
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from shop.environment import database, env_flag, env_list

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env_flag("DEBUG", default=True)
SECRET_KEY = os.environ.get("SECRET_KEY", "only-for-development-and-never-in-production-0123456789")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "testserver"])
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "recommendations",
    "shop",
    *[app for app in ("rest_framework", "drf_spectacular") if find_spec(app)],
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "shop.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "recommendations.middleware.RecommendationsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "shop.urls"
WSGI_APPLICATION = "shop.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "shop.context_processors.shop",
            ],
        },
    },
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL", ""), sqlite_file=BASE_DIR / "db.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL", "")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "shop"}}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "shop:login"
LOGIN_REDIRECT_URL = "shop:account"
LOGOUT_REDIRECT_URL = "shop:home"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"

SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True

CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data:",
    "style-src": "'self'",
    "script-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

RECOMMENDATIONS = {
    "ADAPTER": "shop.adapter.ShopAdapter",
    "PLACEMENTS": {
        "home_on_sale": {
            "page": "home",
            "title": "On sale now",
            "sources": ["on_sale"],
            "filters": ["cart"],
            "minimum": 0,
        },
    },
}

SHOP_NAME = "Marigold"
SHOP_CURRENCY = os.environ.get("SHOP_CURRENCY", "USD")
SHOP_SHIPPING = Decimal("4.90")
SHOP_FREE_SHIPPING_FROM = Decimal("35.00")

if find_spec("celery") is not None:
    from celery.schedules import crontab

    CELERY_BROKER_URL = REDIS_URL or "redis://127.0.0.1:6379/0"
    CELERY_RESULT_BACKEND = REDIS_URL or None
    CELERY_TIMEZONE = TIME_ZONE
    CELERY_TASK_IGNORE_RESULT = True
    CELERY_BEAT_SCHEDULE = {
        # What no signal told, soon enough to count in today's report.
        "reconcile": {"task": "recommendations.tasks.reconcile", "schedule": 600.0},
        "roll_up": {"task": "recommendations.tasks.roll_up", "schedule": 900.0},
        "experiments": {"task": "recommendations.tasks.experiments", "schedule": 3600.0},
        "sync_items": {"task": "recommendations.tasks.sync_items", "schedule": 3600.0},
        # Heavy work at night, in the order in which one builds on the other.
        "prune": {"task": "recommendations.tasks.prune", "schedule": crontab(hour=2, minute=10)},
        "update_profiles": {
            "task": "recommendations.tasks.update_profiles",
            "schedule": crontab(hour=2, minute=40),
        },
        "train": {"task": "recommendations.tasks.train", "schedule": crontab(hour=3, minute=0)},
    }

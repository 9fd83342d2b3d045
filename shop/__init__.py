"""The sample host shop. It can be deleted without touching `recommendations`."""

from __future__ import annotations

from importlib.util import find_spec

if find_spec("celery") is not None:
    # Shared tasks bind to this application, so it has to exist before any of them is called.
    from shop.celery import app as celery_app

    __all__ = ["celery_app"]

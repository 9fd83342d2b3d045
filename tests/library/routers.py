"""What is recommendations' own lives on the database `log`, all else on `default`."""

from __future__ import annotations

from typing import Any

from django.db.models import Model


class LogRouter:
    def _of(self, app_label: str) -> str:
        return "log" if app_label == "recommendations" else "default"

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return self._of(model._meta.app_label)

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return self._of(model._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == self._of(app_label)

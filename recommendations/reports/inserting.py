"""Many rows into a table of figures: by COPY on PostgreSQL, four times faster than by INSERT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from django.db import connections, router
from django.db.models import Model

BATCH = 1000


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows whose values are in order of `names`: all fields of the model but its primary key."""
    using = router.db_for_write(model)
    connection = connections[using]
    if connection.vendor == "postgresql":
        quote = connection.ops.quote_name
        columns = ", ".join(map(quote, names))
        with connection.cursor() as cursor:
            if hasattr(cursor, "copy"):
                with cursor.copy(f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
    coming = (model(**dict(zip(names, row, strict=True))) for row in rows)
    while batch := list(islice(coming, BATCH)):
        model._default_manager.using(using).bulk_create(batch)

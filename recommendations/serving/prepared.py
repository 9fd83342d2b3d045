"""A query of the ORM, compiled once and asked with other values: what every page asks in the same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.db import connections
from django.db.models import QuerySet


class Prepared:
    """`queryset`, a `values_list`, in which a value that is not like any other stands in for each that will be given.

    To compile a query takes Django as long as many a database takes to answer it.
    """

    def __init__(self, queryset: QuerySet[Any, Any], stand_ins: Mapping[str, str | datetime]) -> None:
        self._using = queryset.db
        names = {self._adapted(value): name for name, value in stand_ins.items()}
        compiler = queryset.query.get_compiler(self._using)
        self._sql, params = compiler.as_sql()
        self._params = params
        self._places = [(n, names[value]) for n, value in enumerate(params) if value in names]
        self._converters = compiler.get_converters([column[0] for column in compiler.select])

    def rows(self, **values: str | datetime) -> Iterator[tuple[Any, ...]]:
        """The rows for these values, one for each stand-in."""
        connection = connections[self._using]
        adapted = {name: self._adapted(value) for name, value in values.items()}
        params = list(self._params)
        for n, name in self._places:
            params[n] = adapted[name]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, params)
            for row in cursor.fetchall():
                yield self._converted(row, connection)

    def _converted(self, row: tuple[Any, ...], connection: Any) -> tuple[Any, ...]:
        if not self._converters:
            return row
        values = list(row)
        for n, (converters, expression) in self._converters.items():
            for convert in converters:
                values[n] = convert(values[n], expression, connection)
        return tuple(values)

    def _adapted(self, value: str | datetime) -> Any:
        """As the database's driver takes it."""
        if isinstance(value, datetime):
            return connections[self._using].ops.adapt_datetimefield_value(value)
        return value

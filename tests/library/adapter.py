"""All that the library tells: nothing else of it knows of recommendations."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, QuerySet

from recommendations.adapter import Adapter, Behaviour
from recommendations.datatypes import Context


class LibraryAdapter(Adapter):
    product_models = ("library.Book", "library.Film")
    fields = {"title": "name", "categories": "subject"}
    behaviours = (
        Behaviour(
            "loan",
            model="library.Loan",
            item="title",
            visitor="member",
            time="began",
            when=lambda loan: not loan.is_void,
        ),
    )

    def sellable(self, model: type[Model], context: Context) -> QuerySet[Any]:
        return model._default_manager.filter(on_shelf=True)

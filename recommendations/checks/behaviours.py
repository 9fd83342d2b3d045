"""The adapter: is there one, and does what it names exist?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.dispatch import Signal
from django.utils.module_loading import import_string

from recommendations.adapter import Adapter, Behaviour, get_adapter
from recommendations.conf import settings
from recommendations.datatypes import Kind
from recommendations.exceptions import ConfigurationError
from recommendations.paths import Reader

TAG = "recommendations"
ROW_PATHS = (
    *("item", "visitor", "time", "quantity", "value", "currency"),
    *("rating", "query", "order", "simulated", "scope", "when"),
)


@register(TAG)
def check_adapter(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001–E008: the adapter and its declarations."""
    try:
        settings.own  # noqa: B018  (E010 says what is wrong there)
    except ConfigurationError:
        return []
    try:
        adapter = get_adapter()
    except ConfigurationError as error:
        hint = (
            'Write a subclass of recommendations.adapter.Adapter and add RECOMMENDATIONS = {"ADAPTER": "…"}.'
        )
        return [Error(str(error), hint=hint, id="recommendations.E001")]
    return [*products(adapter), *behaviours(adapter)]


def products(adapter: Adapter) -> Iterator[CheckMessage]:
    """E002 and E003: product models and the fields read off them."""
    name = type(adapter).__name__
    if not adapter.product_models:
        yield Error(
            f"{name} names no product model.",
            hint='Add to the adapter: product_models = ("shop.Product",)',
            id="recommendations.E002",
        )
    for label in adapter.product_models:
        model = find_model(label)
        if model is None:
            yield no_model(f"{name}.product_models", label, "recommendations.E002")
            continue
        for table in ("fields", "card_fields"):
            for key, reader in getattr(adapter, table).items():
                if missing := missing_name(model, reader):
                    yield Error(
                        f"{name}.{table}[{key!r}] is {reader!r}, but {missing}.",
                        hint=f"Name an attribute of {label} or a function of a product.",
                        id="recommendations.E003",
                    )


def behaviours(adapter: Adapter) -> Iterator[CheckMessage]:
    """E004–E008: the declarations of behaviour."""
    kinds = {*Kind, *settings.EVENT_KINDS}
    for number, behaviour in enumerate(adapter.behaviours):
        where = f"{type(adapter).__name__}.behaviours[{number}]"
        if behaviour.kind not in kinds:
            yield Error(
                f"{where} has the unknown kind {behaviour.kind!r}.",
                hint=f'Known: {", ".join(sorted(kinds))}. Add your own to RECOMMENDATIONS["EVENT_KINDS"].',
                id="recommendations.E006",
            )
        yield from model_problems(where, behaviour)
        yield from signal_problems(where, behaviour)
    rows = Counter((behaviour.kind, behaviour.label) for behaviour in adapter.behaviours if behaviour.model)
    for (kind, label), n in rows.items():
        if n > 1:
            yield Error(
                f"{type(adapter).__name__}.behaviours declares {kind} by {label} {n} times.",
                hint="One declaration for each kind and model: their events would share their references.",
                id="recommendations.E008",
            )


def model_problems(where: str, behaviour: Behaviour) -> Iterator[CheckMessage]:
    """E004 and E005: models that do not exist, and paths that lead nowhere."""
    labels = {"model": behaviour.model, "order_model": behaviour.order_model}
    labels |= {f"watch[{label!r}]": label for label in behaviour.watch}
    for name, label in labels.items():
        if label and find_model(label) is None:
            yield no_model(f"{where}.{name}", label, "recommendations.E004")
    model = find_model(behaviour.model) if behaviour.model else None
    if model is None:
        return
    for name in ROW_PATHS:
        reader = getattr(behaviour, name)
        if missing := missing_name(model, reader):
            yield Error(
                f"{where}.{name} is {reader!r}, but {missing}.",
                hint=f"Name an attribute of {behaviour.model}, a function of a row, or None: {name}=…",
                id="recommendations.E005",
            )


def signal_problems(where: str, behaviour: Behaviour) -> Iterator[CheckMessage]:
    """E007: signals that cannot be listened to, and declarations of nothing."""
    problem = hint = ""
    if behaviour.signal:
        try:
            found = import_string(behaviour.signal)
        except ImportError as error:
            problem, hint = (
                f"cannot be imported: {error}",
                "Give the dotted path of a django.dispatch.Signal.",
            )
        else:
            if not isinstance(found, Signal):
                problem, hint = "is no django.dispatch.Signal", "Give the dotted path of a Signal."
            elif behaviour.rows is None:
                problem = "has no `rows`"
                hint = "Add rows=lambda product, request, **kwargs: [Hit(item=product, request=request)]"
        if problem:
            yield Error(
                f"{where}.signal {behaviour.signal!r} {problem}.", hint=hint, id="recommendations.E007"
            )
    elif not behaviour.model:
        yield Error(
            f"{where} names neither a model nor a signal.",
            hint='Add model="shop.OrderLine", or signal="shop.signals.product_viewed" with rows=…',
            id="recommendations.E007",
        )


def find_model(label: str) -> type[Model] | None:
    """The model of that label; None when there is none."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def no_model(where: str, label: str, check_id: str) -> Error:
    """There is no model of that label; those that read alike, or else all that are not Django's."""
    labels = [m._meta.label for m in apps.get_models() if not m.__module__.startswith("django.")]
    alike = get_close_matches(label, labels, n=5, cutoff=0.5) or labels
    return Error(
        f"{where} names {label!r}, but there is no such model.",
        hint=f"Models: {', '.join(alike)}.",
        id=check_id,
    )


def missing_name(model: type[Model], reader: Reader | None) -> str:
    """What is missing on the way of a path, e.g. `shop.Order has no 'userr'`; "" when the path may be right.

    Follows relations; behind a property or method nothing can be known.
    """
    if not isinstance(reader, str) or not reader:
        return ""
    here = model
    for name in reader.split("."):
        try:
            field = here._meta.get_field(name)
        except FieldDoesNotExist:
            return "" if hasattr(here, name) else f"{here._meta.label} has no {name!r}"
        related = field.related_model
        if not isinstance(related, type):
            return ""
        here = related
    return ""

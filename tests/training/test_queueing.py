"""Saving an item queues what learns from content alone: once for many saves, and never at the cost of a save."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.admin import site
from django.db import transaction
from django.utils import timezone

from recommendations.admin.jobs import JobAdmin, running_jobs
from recommendations.conf import settings as ours
from recommendations.models import Item, Job, Snapshot
from recommendations.training.locks import held
from recommendations.training.queueing import TASK, queue_rebuild, rebuild
from shop.models import Product
from tests.factories import browser_client, make_product
from tests.support.process import free_port
from tests.support.worker import sending_to
from tests.training.factories import ALSO_BOUGHT, make_items, many, two_tastes

if TYPE_CHECKING:
    from tests.support.worker import Worker

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = {"algorithm": "recommendations.algorithms.content.ContentTfidf", "options": {}}
JOB = "rebuild:content"


class Broker:
    """What waits in the real queue of a broker that nobody works for."""

    def __init__(self, url: str) -> None:
        import redis

        self.client = redis.Redis.from_url(url)
        self.client.delete("celery")

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(message) for message in self.client.lrange("celery", 0, -1)]


@pytest.fixture
def broker(valkey: str) -> Iterator[Broker]:
    from celery import current_app

    waiting = Broker(valkey)
    with sending_to(current_app, valkey):
        yield waiting
    waiting.client.delete("celery")


@pytest.fixture
def broken_broker(request: Any) -> Iterator[None]:
    """Nothing listens there."""
    from celery import current_app

    with sending_to(current_app, f"{request.param}://127.0.0.1:{free_port()}"):
        yield


@pytest.mark.services
def test_many_saves_are_one_message(broker: Broker) -> None:
    with transaction.atomic():
        bread, milk = make_product("Bread"), make_product("Milk")
        assert broker.messages() == []
    make_product("Butter")
    bread.name = "Rye bread"
    bread.save()
    milk.delete()
    (message,) = broker.messages()
    assert message["headers"]["task"] == TASK
    assert message["headers"]["kwargsrepr"] == "{'scope': ''}"
    due = timezone.datetime.fromisoformat(message["headers"]["eta"])
    wait = ours.CONTENT_REBUILD_SECONDS
    assert wait - 60 < (due - timezone.now()).total_seconds() <= wait
    assert JobAdmin(Job, site).state_now(Job.objects.get(name=JOB)) == "waiting"
    assert not running_jobs()


@pytest.mark.services
def test_what_content_does_not_read_queues_nothing(broker: Broker) -> None:
    product = make_product("Bread")
    Job.objects.all().delete()
    broker.client.delete("celery")
    product.stock, product.price = 3, product.price + 1
    product.save()
    assert Item.objects.get().stock == 3
    assert broker.messages() == []
    Product.objects.all().delete()
    assert broker.messages() == []


@pytest.mark.services
def test_a_save_that_is_taken_back_queues_nothing(broker: Broker) -> None:
    try:
        with transaction.atomic():
            make_product("Bread")
            raise ArithmeticError
    except ArithmeticError:
        pass
    assert (broker.messages(), Job.objects.count()) == ([], 0)


@pytest.mark.services
def test_once_the_task_has_begun_the_next_save_is_queued_anew(
    broker: Broker, configure: Callable[..., None]
) -> None:
    configure({"similar": CONTENT})
    make_product("White bread")
    make_product("Rye bread")
    assert len(broker.messages()) == 1
    assert [result.status for result in rebuild()] == ["live"]
    assert JobAdmin(Job, site).state_now(Job.objects.get(name=JOB)) == "finished"
    make_product("Butter")
    assert len(broker.messages()) == 2


@pytest.mark.services
def test_a_lost_message_holds_up_the_next_for_a_while_only(broker: Broker) -> None:
    assert queue_rebuild() and not queue_rebuild()
    Job.objects.filter(name=JOB).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert queue_rebuild()
    assert len(broker.messages()) == 2


@pytest.mark.services
def test_scopes_are_queued_apart(broker: Broker) -> None:
    assert queue_rebuild() and queue_rebuild("north")
    assert [message["headers"]["kwargsrepr"] for message in broker.messages()] == [
        "{'scope': 'north'}",
        "{'scope': ''}",
    ]


@pytest.mark.services
def test_what_another_run_is_at_is_queued_again(broker: Broker, configure: Callable[..., None]) -> None:
    configure({"similar": CONTENT, "also_bought": ALSO_BOUGHT})
    make_items("a", "b")
    with held("train:similar"):
        assert [result.status for result in rebuild()] == ["locked"]
    assert len(broker.messages()) == 1


@pytest.mark.parametrize("broken_broker", ["redis", "amqp"], indirect=True)
def test_a_broker_that_is_down_costs_a_line_of_the_log(broken_broker: None, caplog: Any) -> None:
    product = make_product("Bread")
    assert Item.objects.get().title == "Bread"
    product.name = "Rye bread"
    product.save()
    assert Item.objects.get().title == "Rye bread"
    assert caplog.text.count(f"Celery's broker did not take {TASK}: ") == 1
    job = Job.objects.get(name=JOB)
    assert JobAdmin(Job, site).state_now(job) == "failed"
    assert job.expires_at is not None
    assert job.expires_at <= timezone.now() + timedelta(seconds=ours.CONTENT_REBUILD_SECONDS)


def test_what_cannot_be_noted_does_not_stop_a_save(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    def broken(*args: Any) -> None:
        raise ArithmeticError("no row today")

    monkeypatch.setattr("recommendations.training.queueing._reserved", broken)
    make_product("Bread")
    assert Item.objects.get().title == "Bread"
    assert "no row today" in caplog.text


@pytest.mark.services
def test_it_can_be_switched_off(broker: Broker, configure: Callable[..., None]) -> None:
    configure(CONTENT_REBUILD_SECONDS=None)
    make_product("Bread")
    assert (queue_rebuild(), broker.messages(), Job.objects.count()) == (False, [], 0)


def test_nothing_is_queued_without_celery(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "celery", None)
    make_product("Bread")
    assert (Item.objects.count(), Job.objects.count()) == (1, 0)


@pytest.mark.services
@pytest.mark.parametrize("conf", [{"task_always_eager": True}, {"broker_url": ""}])
def test_who_saves_never_waits_for_training(broker: Broker, conf: dict[str, Any]) -> None:
    from celery import current_app

    before = {name: current_app.conf[name] for name in conf}
    current_app.conf.update(conf)
    try:
        make_product("Bread")
    finally:
        current_app.conf.update(before)
    assert (broker.messages(), Job.objects.count()) == ([], 0)


def test_only_what_learns_from_content_is_rebuilt(configure: Callable[..., None]) -> None:
    configure(
        {"similar": CONTENT, "also_bought": ALSO_BOUGHT, "misspelt": {**CONTENT, "options": {"fieldz": 1}}}
    )
    two_tastes()
    assert [(result.recommender, result.status) for result in rebuild()] == [("similar", "live")]
    assert list(Snapshot.objects.values_list("recommender", flat=True)) == ["similar"]
    configure({"many": many()})
    assert rebuild() == []


def shown_for(product: Product) -> tuple[set[str], set[str]]:
    """The names on the product's page under "you may also like", and the sources of the places."""
    from recommendations.shortcuts import recommend

    assert browser_client().get(product.get_absolute_url()).status_code == 200
    slate = recommend("product_page", item=product)
    return {item.card.title for item in slate}, {item.source for item in slate}


@pytest.mark.services
def test_from_saving_a_product_to_a_list_of_its_own(
    celery_worker_process: Worker, configure: Callable[..., None]
) -> None:
    for name in ("White bread", "Rye bread", "Wheat bread rolls", "Garden hose", "Paper towels"):
        make_product(name, path="Everything")
    configure(CONTENT_REBUILD_SECONDS=1)
    rebuild()
    first = Snapshot.objects.get(recommender="similar_content", status="live")
    new = make_product("Rye bread with seeds", path="Everything")
    assert not first.lists.filter(key_kind="item", key=str(new.pk)).exists()
    # At once, by the words of its title: the item's own list does not exist yet.
    assert shown_for(new) == ({"White bread", "Rye bread", "Wheat bread rolls"} | OTHERS, {"similar"})

    deadline = monotonic() + 60
    while not own_list(new):
        assert monotonic() < deadline, celery_worker_process.log.read_text()[-3000:]
        celery_worker_process.app.control.ping(timeout=0.2, limit=1)
    second = Snapshot.objects.get(recommender="similar_content", status="live")
    assert second.pk > first.pk
    names, sources = shown_for(new)
    assert {"White bread", "Rye bread"} <= names and sources == {"similar"}


#: All are of the same category, whose name is one of the words.
OTHERS = {"Garden hose", "Paper towels"}


def own_list(product: Product) -> bool:
    lists = Snapshot.objects.filter(recommender="similar_content", status="live", lists__key_kind="item")
    return lists.filter(lists__key=str(product.pk)).exists()

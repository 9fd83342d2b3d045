"""Each system check: its id, what it says, and the line it tells to change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, run_checks
from django.test import modify_settings, override_settings

from recommendations.adapter import Adapter, Behaviour
from recommendations.checks.behaviours import TAG, behaviours, products
from recommendations.conf import settings

SHOP = {"ADAPTER": "shop.adapter.ShopAdapter"}


def messages(**changes: Any) -> list[CheckMessage]:
    with override_settings(RECOMMENDATIONS={**SHOP, **changes}):
        return run_checks(tags=[TAG])


def only(found: list[CheckMessage], check_id: str) -> CheckMessage:
    assert [message.id for message in found] == [f"recommendations.{check_id}"], found
    return found[0]


class Sound(Adapter):
    product_models = ("shop.Product",)


def adapter_with(*declared: Behaviour, **attributes: Any) -> Adapter:
    return type("TestAdapter", (Sound,), {"behaviours": declared, **attributes})()


def test_the_sample_shop_is_sound() -> None:
    assert run_checks(tags=[TAG]) == []


@pytest.mark.parametrize(
    ("adapter", "said"),
    [
        ("", 'No adapter. Add to your settings: RECOMMENDATIONS = {"ADAPTER": "shop.adapter.ShopAdapter"}'),
        (
            "shop.nowhere.Adapter",
            "is 'shop.nowhere.Adapter', which cannot be imported: No module named 'shop.nowhere'",
        ),
        (
            "shop.models.Product",
            "is 'shop.models.Product', which is no subclass of recommendations.adapter.Adapter.",
        ),
    ],
)
def test_e001_no_adapter(adapter: str, said: str) -> None:
    assert said in only(messages(ADAPTER=adapter), "E001").msg


def test_e002_no_product_model() -> None:
    assert (
        "TestAdapter names no product model."
        in only([*products(adapter_with(product_models=()))], "E002").msg
    )
    missing = only([*products(adapter_with(product_models=("shop.Produkt",)))], "E002")
    assert missing.msg == "TestAdapter.product_models names 'shop.Produkt', but there is no such model."
    assert "shop.Product" in str(missing.hint)


def test_e003_a_field_that_is_not_there() -> None:
    found = only([*products(adapter_with(fields={"title": "name", "categories": "category.pathh"}))], "E003")
    assert found.msg == (
        "TestAdapter.fields['categories'] is 'category.pathh', but shop.Category has no 'pathh'."
    )
    found = only([*products(adapter_with(card_fields={"image": "photo"}))], "E003")
    assert found.msg == "TestAdapter.card_fields['image'] is 'photo', but shop.Product has no 'photo'."


@pytest.mark.parametrize(
    ("behaviour", "check_id", "said"),
    [
        (
            Behaviour("purchase", model="shop.Line"),
            "E004",
            "TestAdapter.behaviours[0].model names 'shop.Line', but there is no such model.",
        ),
        (
            Behaviour("wish", model="shop.Wish", watch={"shop.List": lambda row: []}),
            "E004",
            "TestAdapter.behaviours[0].watch['shop.List'] names 'shop.List', but there is no such model.",
        ),
        (
            Behaviour("purchase", model="shop.OrderLine", visitor="order.buyer"),
            "E005",
            "TestAdapter.behaviours[0].visitor is 'order.buyer', but shop.Order has no 'buyer'.",
        ),
        (
            Behaviour("glance", model="shop.Wish"),
            "E006",
            "TestAdapter.behaviours[0] has the unknown kind 'glance'.",
        ),
        (
            Behaviour("view", signal="shop.signals.seen", rows=lambda **kw: []),
            "E007",
            "TestAdapter.behaviours[0].signal 'shop.signals.seen' cannot be imported:",
        ),
        (
            Behaviour("view", signal="shop.models.Product", rows=lambda **kw: []),
            "E007",
            "TestAdapter.behaviours[0].signal 'shop.models.Product' is no django.dispatch.Signal.",
        ),
        (
            Behaviour("view", signal="shop.signals.product_viewed"),
            "E007",
            "TestAdapter.behaviours[0].signal 'shop.signals.product_viewed' has no `rows`.",
        ),
        (Behaviour("view"), "E007", "TestAdapter.behaviours[0] names neither a model nor a signal."),
    ],
)
def test_e004_to_e007_declarations(behaviour: Behaviour, check_id: str, said: str) -> None:
    assert only([*behaviours(adapter_with(behaviour))], check_id).msg.startswith(said)


def test_e008_one_declaration_for_each_kind_and_model() -> None:
    twice = Behaviour("wish", model="shop.Wish")
    assert (
        "declares wish by shop.wish 2 times." in only([*behaviours(adapter_with(twice, twice))], "E008").msg
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PLACEMENT": {}}, "RECOMMENDATIONS has no option 'PLACEMENT'. Known options: ADAPTER,"),
        (
            {"PLACEMENTS": {"cart": {"sise": 3}}},
            'RECOMMENDATIONS["PLACEMENTS"]["cart"] has no option \'sise\'. Known options: blend, explore,',
        ),
    ],
)
def test_e010_settings_that_do_not_exist(changes: dict[str, Any], said: str) -> None:
    found = messages(**changes)
    assert found and {message.id for message in found} == {"recommendations.E010"}
    assert said in found[0].msg


def test_e011_no_such_algorithm() -> None:
    found = only(messages(RECOMMENDERS={"popular": {"algorithm": "shop.models.Product"}}), "E011")
    assert "is no subclass of recommendations.algorithms.base.Algorithm" in found.msg


def test_e018_a_wrong_rule() -> None:
    found = only(messages(RULES={"no": {"action": "hide"}}), "E018")
    assert found.msg.startswith(
        'RECOMMENDATIONS["RULES"]["no"]["action"] is \'hide\'. Set it to one of: exclude, '
    )
    assert found.hint == 'Change RECOMMENDATIONS["RULES"]["no"].'


def test_e012_an_unknown_option_names_the_known_ones() -> None:
    found = only(messages(RECOMMENDERS={"popular": {"options": {"half_live": 3}}}), "E012")
    assert "Popular has no option 'half_live'. Known options: by, events, half_life_days," in found.msg


def test_e012_a_recommender_that_builds_on_one_that_does_not_exist() -> None:
    algorithm = "recommendations.algorithms.session_ranker.SessionRanker"
    bases = [{"recommender": "also_viewed"}, {"recommender": "also_borrowed"}]
    found = only(
        messages(RECOMMENDERS={"ranker": {"algorithm": algorithm, "options": {"bases": bases}}}), "E012"
    )
    assert "There is no recommender named 'also_borrowed'" in found.msg


def test_e013_an_unknown_recommender_source_or_filter() -> None:
    chain = [{"source": "similar", "recommenders": ["also_borrowed"]}]
    found = only(messages(PLACEMENTS={"cart": {"page": "cart", "sources": chain}}), "E013")
    assert "names the recommender 'also_borrowed', which does not exist." in found.msg
    found = only(messages(PLACEMENTS={"cart": {"page": "cart", "sources": [{"source": "similarr"}]}}), "E013")
    assert "names the source 'similarr', which does not exist." in found.msg


@pytest.mark.parametrize("seconds", [0, -5, 3601, "300", True, float("nan")])
def test_e014_when_the_lists_of_what_was_saved_are_made(seconds: object) -> None:
    found = only(messages(CONTENT_REBUILD_SECONDS=seconds), "E014")
    assert found.msg == f'RECOMMENDATIONS["CONTENT_REBUILD_SECONDS"] is {seconds!r}.'
    assert found.hint == "Set it to a number above 0 and at most 3600, or to None: only the nightly training."


@pytest.mark.parametrize("seconds", [None, 1, 0.5, 3600])
def test_no_e014_for_seconds_and_none(seconds: object) -> None:
    assert messages(CONTENT_REBUILD_SECONDS=seconds) == []


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        ({"nowhere": ["popular"]}, "names the placement 'nowhere', which does not exist."),
        ({"cart": ["populr"]}, "[\"cart\"] names the recommender 'populr', which does not exist."),
        ({"cart": "popular"}, "[\"cart\"] is 'popular', which is no list of recommenders."),
        (["cart"], "is ['cart'], which is no mapping of placements to candidates."),
    ],
)
def test_e015_what_training_may_choose(allowed: object, said: str) -> None:
    found = only(messages(AUTO_CHOICE=allowed), "E015")
    assert found.msg.startswith('RECOMMENDATIONS["AUTO_CHOICE"]') and found.msg.endswith(said)
    assert "AUTO_CHOICE" in str(found.hint)


def test_no_e015_for_what_exists() -> None:
    assert messages(AUTO_CHOICE={"cart": ["popular", "also_bought"]}) == []


@pytest.mark.parametrize(
    ("store", "said"),
    [
        ("recommendations.store.Nothing", "does not define a"),
        ("recommendations.models.Snapshot", "is no subclass of recommendations.store.base.Store."),
        (None, "which is no store"),
    ],
)
def test_e016_where_lists_are_kept(store: object, said: str) -> None:
    found = only(messages(STORE=store), "E016")
    assert found.msg.startswith(f'RECOMMENDATIONS["STORE"] is {store!r}') and said in found.msg
    assert "CachedStore" in str(found.hint)


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["shop.Nothing"], "names 'shop.Nothing', which is no authentication: Module"),
        (["recommendations.models.Snapshot"], "it is no subclass of rest_framework.authentication.Base"),
        ("rest_framework.authentication.SessionAuthentication", "which is no list."),
    ],
)
def test_e019_how_users_log_in_at_the_api(paths: object, said: str) -> None:
    found = only(messages(API_AUTHENTICATION=paths), "E019")
    assert found.msg.startswith('RECOMMENDATIONS["API_AUTHENTICATION"]') and said in found.msg
    assert "SessionAuthentication" in str(found.hint)


CACHED = "recommendations.store.cached.CachedStore"
REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}


def test_e017_no_such_cache() -> None:
    found = only(messages(STORE=CACHED, STORE_CACHE="lists"), "E017")
    assert found.msg == "RECOMMENDATIONS[\"STORE_CACHE\"] is 'lists', which CACHES does not have."
    assert found.hint == "Change it to one of: 'default'; or add it to CACHES."
    assert messages(STORE_CACHE="lists") == [], "not looked at without CachedStore"


@pytest.mark.parametrize(
    ("backend", "said"),
    [("locmem.LocMemCache", "up to 60 seconds late."), ("dummy.DummyCache", "is read from the database.")],
)
def test_w006_a_cache_that_processes_do_not_share(backend: str, said: str) -> None:
    lists = {"BACKEND": f"django.core.cache.backends.{backend}"}
    with override_settings(CACHES={"default": REDIS, "lists": lists}):
        assert messages(STORE=CACHED) == []
        found = only(messages(STORE=CACHED, STORE_CACHE="lists"), "W006")
    assert found.msg.endswith(said)
    assert "STORE_CACHE" in str(found.hint)


MIDDLEWARE = "recommendations.middleware.RecommendationsMiddleware"


def test_w001_no_middleware_or_too_early() -> None:
    with modify_settings(MIDDLEWARE={"remove": [MIDDLEWARE]}):
        found = only(run_checks(tags=[TAG]), "W001")
    assert found.hint == f'Add to MIDDLEWARE, after AuthenticationMiddleware: "{MIDDLEWARE}"'
    early = [MIDDLEWARE, *(name for name in django_settings.MIDDLEWARE if name != MIDDLEWARE)]
    with override_settings(MIDDLEWARE=early):
        assert "stands before AuthenticationMiddleware" in only(run_checks(tags=[TAG]), "W001").msg


def test_w002_addresses_not_included() -> None:
    with override_settings(ROOT_URLCONF="tests.urls_without"):
        assert "include(" in str(only(run_checks(tags=[TAG]), "W002").hint)


def test_w003_no_request_in_templates() -> None:
    bare = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {}}]
    with override_settings(TEMPLATES=bare):
        assert "django.template.context_processors.request" in str(only(run_checks(tags=[TAG]), "W003").hint)


def test_w004_a_schedule_that_never_trains() -> None:
    with override_settings(CELERY_BROKER_URL="redis://x", CELERY_BEAT_SCHEDULE={}):
        assert "recommendations.tasks.train" in str(only(run_checks(tags=[TAG]), "W004").hint)
    with override_settings(CELERY_BROKER_URL=None, CELERY_BEAT_SCHEDULE={}):
        assert run_checks(tags=[TAG]) == []


@pytest.mark.parametrize(
    "address",
    [
        "shop.example",
        "//shop.example",
        "ftp://shop.example",
        "https://",
        "https://:443",
        "https:///shop",
        None,
    ]
    + [
        "https://shop.example/shop",
        "https://shop.example//",
        "https://shop.example?a=1",
        "https://a b.example",
    ]
    + ["https://shop.example#top", "https://shop.example:port", "http://[::1", " https://shop.example", 7],
)
def test_e020_a_site_that_links_cannot_begin_with(address: Any) -> None:
    found = only(messages(SITE_URL=address), "E020")
    assert found.msg == f'RECOMMENDATIONS["SITE_URL"] is {address!r}: links in mails cannot begin with it.'
    assert str(found.hint).startswith("Set it to scheme and host, without a path: ")


@pytest.mark.parametrize(
    "address", ["", "https://shop.example", "http://localhost:8000/", "http://[::1]:8000"]
)
def test_a_site_that_links_can_begin_with(address: str) -> None:
    assert messages(SITE_URL=address) == []


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"kind": "colour"}, "[\"kind\"] is 'colour'. Set it to one of: category, brand."),
        ({"size": 0}, '["size"] is 0. Set it to a whole number from 1 to 50.'),
        ({"size": "8"}, "[\"size\"] is '8'. Set it to a whole number from 1 to 50."),
    ],
)
def test_e021_a_row_of_segments(entry: dict[str, Any], said: str) -> None:
    found = only(messages(SEGMENT_ROWS={"mine": entry}), "E021")
    assert found.msg == f'RECOMMENDATIONS["SEGMENT_ROWS"]["mine"]{said}'
    assert found.hint == 'Change RECOMMENDATIONS["SEGMENT_ROWS"]["mine"].'


def test_e010_a_row_of_segments_with_a_key_that_does_not_exist() -> None:
    assert "colour" in only(messages(SEGMENT_ROWS={"mine": {"colour": "red"}}), "E010").msg
    assert "colour" in only(messages(RULES={"mine": {"colour": "red"}}), "E010").msg


def test_w005_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "folder"
    found = only(messages(TRAINING_FOLDER=str(folder)), "W005")
    assert found.msg.endswith(f"reads all of them every time: {tmp_path / 'file'} is no folder.")
    assert str(found.hint).startswith(f"Make {folder} writable, or name another folder: ")
    assert messages(TRAINING_FOLDER=str(tmp_path / "not" / "there" / "yet")) == []
    assert messages(TRAINING_FOLDER="") == []
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    only(messages(TRAINING_FOLDER=None), "W005")


def test_every_check_is_explained_in_the_docs() -> None:
    root = Path(__file__).parent.parent
    code = "".join(path.read_text() for path in (root / "recommendations" / "checks").glob("*.py"))
    ids = set(re.findall(r'"recommendations\.([EW]\d{3})"', code))
    documented = set(
        re.findall(r"`recommendations\.([EW]\d{3})`", (root / "docs" / "settings.md").read_text())
    )
    assert ids == documented


def test_every_setting_is_explained_in_the_docs() -> None:
    text = (Path(__file__).parent.parent / "docs" / "settings.md").read_text()
    from recommendations.defaults import DEFAULTS

    assert [name for name in DEFAULTS if f"`{name}`" not in text] == []
    assert settings.placements

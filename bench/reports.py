"""How long the roll-up takes on PostgreSQL: `python -m bench.reports --events 10000000`.

A year of a shop is made by the server itself: most events are views, in sessions of five; clicks on slates, carts and
purchases are 3 % each. Slates seen are a tenth of the events, of eight items by two recommenders. Every fifth purchase
and every second cart follows a click. Measured are the first roll-up of the whole year, and the next one.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from tests.support.postgres import postgres_server

ITEMS = 50_000

#: A number in 0 … size − 1 from a number, always the same.
_CHANCE = "(hashint8extended(({of})::bigint, {seed}) & 9223372036854775807) % {size}"

_COLUMNS = (
    "kind, visitor_key, item_key, session_key, order_key, revision, quantity, value, currency, query, scope, "
    "occurred_at, recorded_at, changed_at, simulated, context, slate_id, placement, position, origin, rating"
)


def chance(of: str, size: int, seed: int = 1) -> str:
    return _CHANCE.format(of=of, seed=seed, size=size)


def statements(n_events: int) -> dict[str, str]:
    """Name → statement that makes the rows."""
    n_slates, n_each, n_visitors = n_events // 10, n_events * 3 // 100, n_events // 10
    n_views = n_events - 3 * n_each
    views = _event(
        "view", "g", n_views, "0", chance("g / 5", n_visitors, 3), chance("g", ITEMS, 4), session="'x' || g / 5"
    )  # fmt: skip
    return {
        "slates": _slates(n_slates, n_visitors),
        "views": _insert(views, n_views),
        **_after_slates(n_slates, n_each, n_visitors),
        **_visitors(n_visitors),
    }


def _at(number: str, of: int) -> str:
    """A moment: the numbers are spread evenly over a year that ends an hour into today."""
    start = "date_trunc('day', now()) - interval '364 days'"
    return f"{start} + ({number})::float8 / {of} * (364 * 86400 + 3600) * interval '1 second'"


def _event(kind: str, number: str, of: int, later: str, visitor: str, item: str, **more: str) -> str:
    value = {
        "session": "''", "order": "''", "value": "NULL::numeric", "currency": "''", "slate": "''",
        "placement": "''", "position": "NULL::int", "origin": "'{}'::jsonb", "rating": "NULL::float8", **more,
    }  # fmt: skip
    moment = f"{_at(number, of)} + interval '{later}'"
    return (
        f"'{kind}', 'a:' || ({visitor}), 'i' || ({item}), {value['session']}, {value['order']}, 0, 1, "
        f"{value['value']}, {value['currency']}, '', '', {moment}, {moment}, {moment}, false, '{{}}'::jsonb, "
        f"{value['slate']}, {value['placement']}, {value['position']}, {value['origin']}, {value['rating']}"
    )


def _insert(select: str, n: int) -> str:
    return (
        f"INSERT INTO recommendations_event ({_COLUMNS}) SELECT {select} FROM generate_series(0, {n} - 1) g"
    )


def _slates(n_slates: int, n_visitors: int) -> str:
    places = ", ".join(
        f"jsonb_build_array('i' || ({chance(f'g * 8 + {n}', ITEMS)}), 'similar', "
        f"'{'also_like' if n < 5 else 'popular'}')"
        for n in range(8)
    )
    return f"""
        INSERT INTO recommendations_impression (slate_id, placement, visitor_key, session_key, scope, items, seen,
            n_seen, occurred_at, simulated, experiment, variant, device, context)
        SELECT 's' || g, (ARRAY['product_page','home_for_you','cart'])[1 + g % 3],
            'a:' || ({chance("g", n_visitors, 2)}), '', '', jsonb_build_array({places}),
            (SELECT jsonb_agg(p) FROM generate_series(0, g % 6 + 2) p), g % 6 + 3,
            {_at("g", n_slates)}, false, NULL, '', (ARRAY['desktop','phone','tablet'])[1 + g % 3], '{{}}'
        FROM generate_series(0, {n_slates} - 1) g"""


def _after_slates(n_slates: int, n_each: int, n_visitors: int) -> dict[str, str]:
    """Clicks, and by the same visitors carts and purchases: half of the carts and a fifth of the purchases are of what
    was clicked. One purchase in a hundred is given back."""
    slate = "(g * 10 / 3)"
    visitor, clicked = chance(slate, n_visitors, 2), chance(f"{slate} * 8 + g % 3", ITEMS)
    of_slate = {
        "slate": f"'s' || {slate}", "position": "g % 3",
        "placement": f"(ARRAY['product_page','home_for_you','cart'])[1 + {slate} % 3]",
        "origin": "'{\"source\": \"similar\", \"recommender\": \"also_like\"}'::jsonb",
    }  # fmt: skip
    bought = {"order": "'o' || g", "value": f"({chance('g', 9000, 7)} + 100) / 100.0", "currency": "'USD'"}

    def after(kind: str, later: str, item: str, **more: str) -> str:
        return _insert(_event(kind, slate, n_slates, later, visitor, item, **more), n_each)

    def one_in(n: int, seed: int) -> str:
        return f"CASE WHEN g % {n} = 0 THEN {clicked} ELSE {chance('g', ITEMS, seed)} END"

    refunds = _event(
        "refund", f"{slate} * 100", n_slates, "1 day", chance("g * 1000 / 3", n_visitors, 2),
        chance("g * 100", ITEMS, 6), **{**bought, "order": "'o' || g * 100"},
    )  # fmt: skip
    return {
        "clicks": after("click", "20 seconds", clicked, **of_slate),
        "carts": after("cart", "1 minute", one_in(2, 5)),
        "purchases": after("purchase", "10 minutes", one_in(5, 6), **bought),
        "refunds": _insert(refunds, n_each // 100 - 2),
    }


def _visitors(n_visitors: int) -> dict[str, str]:
    """One in ten is a user, one in four has a profile."""
    return {
        "links": f"""
            INSERT INTO recommendations_visitorlink (scope, anonymous_key, visitor_key, bucket, linked_at)
            SELECT '', 'a:' || g * 10, 'u:' || g, 0, now() - interval '1 day'
            FROM generate_series(0, {n_visitors} / 10 - 1) g""",
        "profiles": f"""
            INSERT INTO recommendations_profile (scope, visitor_key, first_seen_at, last_seen_at, n_orders, value,
                recency_score, frequency_score, monetary_score, stage, preferences, updated_at)
            SELECT '', 'a:' || g, now(), now(), 1, 0, 0, 0, 0, (ARRAY['new','active','lapsed'])[1 + g % 3], '{{}}',
                now()
            FROM generate_series(0, {n_visitors} / 4 - 1) g""",
    }


def fill(n_events: int) -> None:
    """Make the rows; the indexes of the large tables are built afterwards."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN "
            "('recommendations_event', 'recommendations_impression') AND indexdef NOT LIKE '%UNIQUE%'"
        )
        indexes = cursor.fetchall()
        for name, _definition in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        for name, statement in statements(n_events).items():
            begin = time.perf_counter()
            cursor.execute(statement)
            print(f"made {name}: {time.perf_counter() - begin:.0f} s", flush=True)
        begin = time.perf_counter()
        for _name, definition in indexes:
            cursor.execute(definition)
        cursor.execute("ANALYZE")
        print(f"indexes: {time.perf_counter() - begin:.0f} s", flush=True)


def server_seconds() -> float:
    """Processor seconds of our connection's server process: what a busy machine does not change."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def timed(module: Any, name: str) -> list[float]:
    """Lets a function of a module count its seconds, all and in Python, in what is returned."""
    spent, function = [0.0, 0.0], getattr(module, name)

    def run(*arguments: Any) -> Any:
        begin, busy = time.perf_counter(), time.process_time()
        try:
            return function(*arguments)
        finally:
            spent[0] += time.perf_counter() - begin
            spent[1] += time.process_time() - busy

    setattr(module, name, run)
    return spent


def measured(profile: bool, only_figures: bool) -> dict[str, Any]:
    """Seconds of the first roll-up and of the next one, and how many rows they left."""
    from recommendations.models import DailyBreakdown, DailyStat, VisitorDay
    from recommendations.reports import rollup

    roll_up = rollup.roll_up
    if only_figures:
        rollup.write_day = lambda day: False
    parts = {
        name: timed(rollup, name)
        for name in (
            "collect",
            "_replace",
            "roll_up_visitors",
            "write_day",
            "write_windows",
            "refresh_curves",
        )
    }
    found: dict[str, Any] = {}
    for name in ("first", "next"):
        begin, busy, server = time.perf_counter(), time.process_time(), server_seconds()
        if profile and name == "first":
            import cProfile

            with cProfile.Profile() as profiler:
                report = roll_up()
            profiler.dump_stats("/tmp/reports.prof")
        else:
            report = roll_up()
        found[name] = {
            "seconds": round(time.perf_counter() - begin, 1),
            "processor seconds of Python": round(time.process_time() - busy, 1),
            "processor seconds of the server": round(server_seconds() - server, 1),
            "parts": {part: [round(each, 1) for each in spent] for part, spent in parts.items()},
            "days": report.days,
        }
        for spent in parts.values():
            spent[:] = [0.0, 0.0]
    found["rows"] = {
        model.__name__: model._default_manager.count() for model in (DailyStat, DailyBreakdown, VisitorDay)
    }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--profile", action="store_true", help="write /tmp/reports.prof")
    parser.add_argument(
        "--figures", action="store_true", help="the daily figures alone, without the other reports' days"
    )
    parser.add_argument("--url", default="", help="a filled database, instead of a server of its own")
    asked = parser.parse_args()
    with postgres_server() as url:
        os.environ["DATABASE_URL"] = asked.url or url
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        settings.RECOMMENDATIONS = {**settings.RECOMMENDATIONS, "IMPRESSION_DAYS": None}
        call_command("migrate", verbosity=0)
        fill(asked.events)
        print(json.dumps({"events": asked.events, **measured(asked.profile, asked.figures)}, indent=2))


if __name__ == "__main__":
    main()

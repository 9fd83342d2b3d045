"""How long it takes to read a large log, and how much memory: `python -m bench.speed_load [--events N] [--url …]`."""

from __future__ import annotations

from bench.shop_log import Stages, arguments, measured, shop_log


def main() -> None:
    options = arguments("Read a large log whole.").parse_args()
    with shop_log(options):
        from recommendations.training.loading import load

        stages = Stages()
        with measured("load") as found:
            data = load(["cart", "click", "purchase", "view"], progress=stages)
            stages.finish()
            found |= {
                "events": len(data.interactions),
                "visitors": data.interactions.n_visitors,
                "items": data.interactions.n_items,
                "reading": data.reading,
                "stages": stages.seconds,
            }


if __name__ == "__main__":
    main()

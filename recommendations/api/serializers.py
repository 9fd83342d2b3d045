"""The shapes of requests and answers; the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from recommendations.api.answers import left_out_answer
from recommendations.datatypes import Kind, Slate, SlateItem
from recommendations.serving.placements import LARGEST_SIZE
from recommendations.serving.terms import MOST_CHARACTERS

KEY_LENGTH = 190
MOST_EVENTS = 100
MOST_EXCLUDED = 200

#: What a client may tell. Purchases, refunds and ratings are the shop's own to record.
CLIENT_KINDS = (
    *(Kind.VIEW, Kind.SEARCH, Kind.CART, Kind.UNCART, Kind.WISH, Kind.SHARE),
    *(Kind.CLICK, Kind.IMPRESSION, Kind.DISMISS),
)

#: Who a visitor is comes from the cookie or the session, so a body may not say it.
VISITOR_FIELDS = frozenset(
    {"visitor", "visitor_key", "visitor_id", "anonymous_key", "session_key", "user", "user_id"}
)


class KeysField(serializers.ListField):
    """`items=1,2` or `items=1&items=2`."""

    child = serializers.CharField(max_length=KEY_LENGTH)

    def to_internal_value(self, data: list[str]) -> list[str]:
        return super().to_internal_value(
            [key.strip() for text in data for key in text.split(",") if key.strip()]
        )


class SlateQuerySerializer(serializers.Serializer):
    """What a slate is asked for with."""

    item = serializers.CharField(required=False, max_length=KEY_LENGTH, help_text="Key of the item shown.")
    items = KeysField(
        required=False,
        max_length=LARGEST_SIZE,
        help_text="Keys of several items: a cart, an order. Separated by commas.",
    )
    category = serializers.CharField(
        required=False, max_length=400, help_text="Category path, outermost first: `Grocery/Bread`."
    )
    query = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=MOST_CHARACTERS,
        help_text="What the visitor searches for.",
    )
    size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_SIZE,
        help_text="Places; the placement's own size if left out.",
    )
    exclude = KeysField(
        required=False,
        max_length=MOST_EXCLUDED,
        help_text="Keys of items that must not be shown, nor their variants. Separated by commas.",
    )
    paging = serializers.BooleanField(
        required=False,
        help_text="The answer's `next` then leads to what comes after, at most 50 items in all.",
    )
    cursor = serializers.CharField(
        required=False,
        max_length=20_000,
        help_text="The `next` of the page before, and nothing else: what was asked for is in it.",
    )
    explain = serializers.BooleanField(
        required=False, help_text="For staff: what placed each item, and which rules left others out."
    )


class CardSerializer(serializers.Serializer):
    """What a shopper sees of an item. Amounts are decimal strings; `…_text` is formatted for the language."""

    title = serializers.CharField()
    url = serializers.CharField()
    image = serializers.CharField()
    price = serializers.DecimalField(
        max_digits=None, decimal_places=None, coerce_to_string=True, allow_null=True
    )
    old_price = serializers.DecimalField(
        max_digits=None, decimal_places=None, coerce_to_string=True, allow_null=True
    )
    currency = serializers.CharField()
    badge = serializers.CharField()
    price_text = serializers.CharField()
    old_price_text = serializers.CharField()


class SlateItemSerializer(serializers.Serializer):
    """One place of a slate."""

    position = serializers.IntegerField(help_text="From 0.")
    item = serializers.CharField(source="item_key")
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="What placed it, e.g. `similar`."
    )
    seed = serializers.CharField(source="seed_key", help_text='The item it was placed for; "" for none.')
    reason = serializers.CharField(
        help_text='Why it is there, in the language of the request: "Because you viewed Rye bread". May be empty.'
    )
    card = CardSerializer()


class SlateSerializer(serializers.Serializer):
    """What is offered once. Send `token` back with what was seen and clicked."""

    placement = serializers.CharField()
    title = serializers.CharField()
    token = serializers.CharField(help_text="Empty when there are no items, unless the place is `tested`.")
    tested = serializers.BooleanField(
        help_text="An experiment runs here. Tell with an impression, `positions` empty, when the place came into view, "
        "even where there are no items."
    )
    fallback_used = serializers.BooleanField()
    next = serializers.CharField(help_text="With `paging`: the cursor of the next page, empty at the end.")
    items = SlateItemSerializer(many=True)


class LeftOutSerializer(serializers.Serializer):
    """A candidate that is not on the list: a rule or a filter left it out."""

    item = serializers.CharField()
    rule = serializers.CharField(help_text="The rule; empty where it was a filter.")
    filter = serializers.CharField(
        help_text="The filter; or `excluded`, `not_sold`, `limits`, `sensitive`; empty where it was a rule."
    )


class ExplanationSerializer(serializers.Serializer):
    """What placed an item."""

    item = serializers.CharField(source="item_key")
    score = serializers.FloatField(help_text="From 0 to 1, after blending, boosts and reranking.")
    source = serializers.CharField()  # type: ignore[assignment]
    recommender = serializers.CharField(help_text="Whose list gave it most; empty for items without a list.")
    rules = serializers.ListField(child=serializers.CharField(), help_text="The rules that acted on it.")
    propensity = serializers.FloatField(
        allow_null=True,
        help_text="With what probability it was drawn to be explored; null where chance had no part.",
    )
    contributions = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DictField(child=serializers.FloatField()))
    def get_contributions(self, item: SlateItem) -> dict[str, float]:
        """What a learned ranker went by: by how much each feature raised the logarithm of the score (SHAP values)."""
        return {name: round(amount, 4) for name, amount in item.contributions().items()}


class ExplainedSlateSerializer(SlateSerializer):
    """With `explain=1`."""

    explained = ExplanationSerializer(source="items", many=True)
    left_out = serializers.SerializerMethodField()

    @extend_schema_field(LeftOutSerializer(many=True))
    def get_left_out(self, slate: Slate) -> list[dict[str, str]]:
        return left_out_answer(slate)


class SlatesSerializer(serializers.Serializer):
    """Several slates, in the order asked for."""

    slates = SlateSerializer(many=True)


class PlacementSerializer(serializers.Serializer):
    """A named spot on a page."""

    name = serializers.CharField()
    title = serializers.CharField()
    page = serializers.CharField(help_text="Placements of one page are planned together.")
    size = serializers.IntegerField()
    takes = serializers.ListField(
        child=serializers.ChoiceField(choices=["item", "items", "category", "query"]),
        help_text="The parameters that its sources look at.",
    )


class PlacementsSerializer(serializers.Serializer):
    """All placements."""

    placements = PlacementSerializer(many=True)


class RerankSerializer(serializers.Serializer):
    """The caller's own list."""

    items = serializers.ListField(
        child=serializers.CharField(max_length=KEY_LENGTH),
        allow_empty=False,
        max_length=LARGEST_SIZE,
        help_text="Item keys, in the caller's order.",
    )
    size = serializers.IntegerField(required=False, min_value=1, max_value=LARGEST_SIZE)


class ExplainedSlatesSerializer(serializers.Serializer):
    """With `explain=1`."""

    slates = ExplainedSlateSerializer(many=True)


class SegmentsQuerySerializer(serializers.Serializer):
    """What segments are asked for with."""

    kind = serializers.ChoiceField(choices=["category", "brand"], default="category")
    size = serializers.IntegerField(default=8, min_value=1, max_value=LARGEST_SIZE)


class SegmentSerializer(serializers.Serializer):
    """A category or a brand."""

    kind = serializers.ChoiceField(choices=["category", "brand"])
    key = serializers.CharField(help_text="The path of a category, the name of a brand.")
    name = serializers.CharField(help_text="The last part of the path; the brand.")
    score = serializers.FloatField(help_text="Its share, 0 to 1, in what the visitor did lately.")


class SegmentsSerializer(serializers.Serializer):
    """Categories or brands, best first."""

    personal = serializers.BooleanField(
        help_text="Are they the visitor's own? Else they are those of what everybody likes."
    )
    segments = SegmentSerializer(many=True)


class UnknownPlacementSerializer(serializers.Serializer):
    """No such placement."""

    detail = serializers.CharField()
    placements = serializers.ListField(child=serializers.CharField())


class ErrorsSerializer(serializers.Serializer):
    """What is wrong with the request as a whole."""

    detail = serializers.CharField()


class EventSerializer(serializers.Serializer):
    """One behaviour of the visitor that the cookie or session names."""

    kind = serializers.ChoiceField(choices=[str(kind) for kind in CLIENT_KINDS])
    item = serializers.CharField(
        required=False,
        max_length=KEY_LENGTH,
        help_text="Item key; needed by all kinds but search and impression.",
    )
    query = serializers.CharField(required=False, max_length=255, help_text="The words of a search.")
    quantity = serializers.DecimalField(
        required=False,
        max_digits=14,
        decimal_places=3,
        min_value=0,
        help_text="Pieces put into or taken from a cart.",
    )
    token = serializers.CharField(
        required=False, max_length=20_000, help_text="A slate's token; needed by click and impression."
    )
    positions = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=LARGEST_SIZE - 1),
        required=False,
        max_length=LARGEST_SIZE,
        help_text="Which places of the slate were seen; needed by impression. May be empty if `tested`.",
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            if data.get("kind") in {Kind.PURCHASE, Kind.REFUND, Kind.RATING}:
                raise serializers.ValidationError(
                    {
                        "kind": [
                            f"A {data['kind']} is recorded by the shop itself. Send one of: {', '.join(CLIENT_KINDS)}."
                        ]
                    }
                )
            if unknown := sorted(set(data) - set(self.fields)):
                raise serializers.ValidationError({name: ["There is no such field."] for name in unknown})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        kind = attrs["kind"]
        needed = {
            Kind.SEARCH: ["query"],
            Kind.IMPRESSION: ["token", "positions"],
            Kind.CLICK: ["item", "token"],
        }
        missing = [name for name in needed.get(kind, ["item"]) if name not in attrs]
        if missing:
            raise serializers.ValidationError({name: [f"Events of kind {kind} need it."] for name in missing})
        return attrs


class EventBatchSerializer(serializers.Serializer):
    """At most 100 events, oldest first."""

    events = EventSerializer(many=True)


class EventResultSerializer(serializers.Serializer):
    """What became of one event."""

    index = serializers.IntegerField(help_text="Its place in the batch, from 0.")
    status = serializers.ChoiceField(
        choices=["recorded", "ignored", "invalid"],
        help_text="ignored: no consent, a robot, staff, or too fast.",
    )
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="By field, when invalid.",
    )


class EventResultsSerializer(serializers.Serializer):
    """What became of a batch."""

    recorded = serializers.IntegerField()
    results = EventResultSerializer(many=True)


class FeedbackSerializer(serializers.Serializer):
    """What the visitor says of an item of a slate."""

    token = serializers.CharField(max_length=20_000, help_text="The slate's token.")
    item = serializers.CharField(max_length=KEY_LENGTH)
    feedback = serializers.ChoiceField(
        choices=["not_interested", "undo"], help_text="`undo` takes all back that was said against the item."
    )


class FeedbackResultSerializer(serializers.Serializer):
    """What became of it."""

    status = serializers.ChoiceField(
        choices=["recorded", "ignored"],
        help_text="ignored: no consent, a robot, staff, too fast, or nothing to take back.",
    )


class VisitorTokenSerializer(serializers.Serializer):
    """A visitor for a client without cookies."""

    token = serializers.CharField(help_text="Send it in the header X-Visitor with each request.")
    header = serializers.CharField(help_text="`X-Visitor`")
    expires_in = serializers.IntegerField(help_text="Seconds.")

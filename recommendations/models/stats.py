from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from recommendations.models.events import KEY_LENGTH


class CardFigures(models.Model):
    """What became of the cards of slates."""

    slates = models.PositiveIntegerField(_("slates seen"), default=0)
    items_offered = models.PositiveIntegerField(_("items of slates seen"), default=0)
    items_seen = models.PositiveIntegerField(_("items seen"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    carts = models.PositiveIntegerField(_("cards that led to a cart"), default=0)
    conversions = models.PositiveIntegerField(_("cards that led to a purchase"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    revenue = models.DecimalField(_("revenue"), max_digits=14, decimal_places=2, default=0)
    refunds = models.DecimalField(_("refunds"), max_digits=14, decimal_places=2, default=0)

    class Meta:
        abstract = True


class DailyStat(CardFigures):
    """What one placement did on one day of the shop's time zone.

    The row with placement "" holds the day's whole orders and revenue, the one with "*" what all placements did
    together, an order counted once, and the one with "-" what no recommendation led to. What depends on the
    attribution model is in rows of that `model`; what was seen, clicked or sold at all is in rows of the model "".
    Counts are in rows of the currency "". Revenue has refunds taken off; `refunds` says how much that was.
    """

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    placement = models.CharField(_("placement"), max_length=64, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    model = models.CharField(_("attribution model"), max_length=16, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    ratings = models.PositiveIntegerField(_("ratings of what was bought"), default=0)
    rating_sum = models.FloatField(_("sum of these ratings"), default=0)
    rolled_up_at = models.DateTimeField(_("rolled up at"))

    class Meta:
        verbose_name = _("daily figure")
        verbose_name_plural = _("daily figures")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "day", "placement", "currency", "model", "simulated"],
                name="rec_dailystat_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.placement or 'all orders'}"


class DailyBreakdown(CardFigures):
    """The same by what produced the cards, by experiment, by device and by the visitor's lifecycle stage.

    `slates` counts the slates with an item of that recommender: a slate of two recommenders is in two rows, so
    slates and orders do not add up over recommenders; items, clicks and money do.
    """

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    placement = models.CharField(_("placement"), max_length=64)
    recommender = models.CharField(_("recommender"), max_length=64, blank=True)
    experiment = models.PositiveIntegerField(_("experiment"), default=0, help_text=_("Its id; 0 for none."))
    variant = models.CharField(_("variant"), max_length=64, blank=True)
    device = models.CharField(_("device"), max_length=16, blank=True)
    segment = models.CharField(_("lifecycle stage"), max_length=24, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    model = models.CharField(_("attribution model"), max_length=16, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        verbose_name = _("daily breakdown")
        verbose_name_plural = _("daily breakdowns")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["day", "scope", "placement"], name="rec_breakdown_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.placement} {self.recommender} {self.variant} {self.device} {self.segment}"


class VisitorDay(models.Model):
    """What one visitor did on one day: visits in the row without a currency, orders in those with one.

    An anonymous visitor who turned out to be a user is that user. Revenue has refunds taken off; the margin is the
    revenue less the items' cost, of those whose cost is known.
    """

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    visitor_key = models.CharField(_("visitor"), max_length=KEY_LENGTH)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    views = models.PositiveIntegerField(_("views"), default=0)
    clicks = models.PositiveIntegerField(_("clicks on recommendations"), default=0)
    carts = models.PositiveIntegerField(_("carts"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    units = models.DecimalField(_("units"), max_digits=14, decimal_places=3, default=0)
    revenue = models.DecimalField(_("revenue"), max_digits=14, decimal_places=2, default=0)
    margin = models.DecimalField(_("margin"), max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = _("visitor's day")
        verbose_name_plural = _("visitors' days")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "visitor_key", "day", "currency", "simulated"], name="rec_visitorday_key"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="rec_visitorday_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.visitor_key}"


class PositionStat(models.Model):
    """How often items in one position of a placement were in view and clicked on one day."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    placement = models.CharField(_("placement"), max_length=64)
    recommender = models.CharField(_("recommender"), max_length=64, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), help_text=_("From 0."))
    simulated = models.BooleanField(_("simulated"), default=False)
    seen = models.PositiveIntegerField(_("times in view"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)

    class Meta:
        verbose_name = _("daily figure of a position")
        verbose_name_plural = _("daily figures of positions")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["day", "scope", "placement"], name="rec_position_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.placement} {self.position}"


class PositionCurve(models.Model):
    """How much a placement's positions are looked at, the first being 1, and how that was found out."""

    class Method(models.TextChoices):
        RANDOMISED = "randomised", _("items that chance placed")
        LEARNED = "learned", _("learned from items in several positions")

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    placement = models.CharField(_("placement"), max_length=64)
    simulated = models.BooleanField(_("simulated"), default=False)
    method = models.CharField(_("method"), max_length=16, choices=Method)
    examination = models.JSONField(_("examination"), help_text=_("Of each position, from the first."))
    n_seen = models.PositiveIntegerField(_("times in view"))
    n_clicks = models.PositiveIntegerField(_("clicks"))
    computed_at = models.DateTimeField(_("computed at"))

    class Meta:
        verbose_name = _("position curve")
        verbose_name_plural = _("position curves")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["scope", "placement", "simulated"], name="rec_positioncurve_key")
        ]

    def __str__(self) -> str:
        return f"{self.placement}: {self.method}"


class SumCheck(models.Model):
    """Whether a day's orders in the log add up to the shop's own order lines."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    in_shop = models.DecimalField(_("in the shop"), max_digits=14, decimal_places=2, default=0)
    in_log = models.DecimalField(_("in the log"), max_digits=14, decimal_places=2, default=0)
    differences = models.JSONField(
        _("rows that differ"),
        default=list,
        help_text=_("[[source, amount in the shop or null, amount in the log or null], …], at most 20."),
    )
    n_different = models.PositiveIntegerField(_("number of rows that differ"), default=0)
    checked_at = models.DateTimeField(_("checked at"))

    class Meta:
        verbose_name = _("check of a day's sums")
        verbose_name_plural = _("checks of days' sums")
        default_permissions = ("view",)
        constraints = [models.UniqueConstraint(fields=["scope", "day", "currency"], name="rec_sumcheck_key")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}: {self.in_shop} / {self.in_log}"


class Report(DailyStat):
    """The reports' place in the admin; no table and no permissions of its own."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = _("report")
        verbose_name_plural = _("reports")


class Counter(models.Model):
    """What was not recorded, counted a day: bots, staff, no consent, errors, refused tokens."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    day = models.DateField(_("day"))
    name = models.CharField(_("what"), max_length=64)
    value = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints = [models.UniqueConstraint(fields=["scope", "day", "name"], name="rec_counter_key")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}: {self.value}"


class ItemStat(models.Model):
    """How often an item was in view and clicked on one day, on a placement that explores new items."""

    scope = models.CharField(_("scope"), max_length=64, blank=True)
    placement = models.CharField(_("placement"), max_length=64)
    item_key = models.CharField(_("item"), max_length=KEY_LENGTH)
    day = models.DateField(_("day"))
    simulated = models.BooleanField(_("simulated"), default=False)
    seen = models.PositiveIntegerField(_("times in view"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)

    class Meta:
        verbose_name = _("daily figure of an item")
        verbose_name_plural = _("daily figures of items")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "placement", "item_key", "day", "simulated"], name="rec_itemstat_key"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="rec_itemstat_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.placement} {self.item_key}"

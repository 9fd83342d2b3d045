"""The category tree and the products."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Self

from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from shop.money import percent_off
from shop.tiles import tile_mark


class Category(models.Model):
    """A node of the tree. `path` is "Grocery/Bread": the names from the root down, joined by "/"."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=140, blank=True)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("parent"),
        null=True,
        blank=True,
        related_name="children",
        on_delete=models.CASCADE,
    )
    path = models.CharField(_("path"), max_length=400, unique=True, editable=False)
    derived = models.BooleanField(
        _("derived"), default=False, help_text=_("Made by a loader from the names' words, not by a person.")
    )

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ("path",)

    def __str__(self) -> str:
        return self.path.replace("/", " › ")

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Fill slug and path; a slash in a name would forge a level of the path, so it becomes a dash."""
        self.name = self.name.replace("/", "-").strip()
        self.slug = self.slug or slugify(self.name) or "category"
        old_path = self.path
        self.path = self.path_under(self.parent, self.name)
        with transaction.atomic(using=kwargs.get("using")):
            super().save(*args, **kwargs)
            if old_path and old_path != self.path:
                for child in self.children.select_related("parent"):
                    child.save()

    def get_absolute_url(self) -> str:
        return reverse("shop:category", kwargs={"pk": self.pk, "slug": self.slug or "category"})

    @staticmethod
    def path_under(parent: Category | None, name: str) -> str:
        return f"{parent.path}/{name}" if parent else name

    @property
    def tile_url(self) -> str:
        return reverse("shop:category_tile", kwargs={"pk": self.pk}) + f"?v={tile_mark('', self.path)}"

    @property
    def root_name(self) -> str:
        return self.path.partition("/")[0]

    @property
    def ancestor_paths(self) -> list[str]:
        """Paths of all nodes above, outermost first."""
        names = self.path.split("/")
        return ["/".join(names[:depth]) for depth in range(1, len(names))]


class ProductQuerySet(models.QuerySet["Product"]):
    def visible(self) -> Self:
        """What has a page now: active and within its window, in stock or not."""
        now = timezone.now()
        return self.filter(
            Q(available_from=None) | Q(available_from__lte=now),
            Q(available_until=None) | Q(available_until__gt=now),
            is_active=True,
        )

    def sellable(self) -> Self:
        """What may be sold now: visible, and itself or one of its variants in stock."""
        now = timezone.now()
        variants = Product._base_manager.filter(
            Q(available_from=None) | Q(available_from__lte=now),
            Q(available_until=None) | Q(available_until__gt=now),
            parent=OuterRef("pk"),
            is_active=True,
            stock__gt=0,
        )
        return self.visible().filter(Q(stock__gt=0) | Exists(variants))

    def main(self) -> Self:
        """Without variants: what lists show."""
        return self.filter(parent=None)

    def with_prices(self) -> Self:
        """Annotate `active_percent`, so that `price_now` and `old_price` cost no query each."""
        from shop.models.promotions import Discount

        best = (
            Discount.objects.active()
            .filter(product=OuterRef("pk"))
            .order_by("-percent")
            .values("percent")[:1]
        )
        return self.annotate(active_percent=Coalesce(Subquery(best), Decimal(0)))

    def with_sale_price(self) -> Self:
        """Annotate `sale_price` too, to filter and sort by in the database; shown prices come from Python."""
        # Times 0.01, not divided by 100: SQLite keeps whole amounts as integers and would cut off the cents.
        exact = F("price") * (Decimal(100) - F("active_percent")) * Decimal("0.01")
        field: models.DecimalField = models.DecimalField(max_digits=12, decimal_places=2)
        return self.with_prices().annotate(
            sale_price=Round(models.ExpressionWrapper(exact, output_field=field), precision=2)
        )

    def with_ratings(self) -> Self:
        """Annotate `rating` (mean of the published reviews, None without any) and `n_reviews`."""
        from shop.models.community import Review

        published = Review.objects.published().filter(product=OuterRef("pk")).order_by().values("product")
        return self.annotate(
            rating=Subquery(published.annotate(mean=models.Avg("rating")).values("mean")),
            n_reviews=Coalesce(Subquery(published.annotate(n=models.Count("pk")).values("n")), 0),
        )

    def for_cards(self) -> Self:
        """Everything that a product card shows, in one query."""
        variants = Product._base_manager.filter(parent=OuterRef("pk"), is_active=True)
        cards = self.select_related("category").with_prices().with_ratings()
        return cards.annotate(has_variants=Exists(variants))


class Product(models.Model):
    """A thing to buy. With a `parent` it is a variant: own price and stock, but its parent's page."""

    sku = models.CharField(_("SKU"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=220, blank=True)
    description = models.TextField(_("description"), blank=True)
    category = models.ForeignKey(
        Category, verbose_name=_("category"), related_name="products", on_delete=models.PROTECT
    )
    brand = models.CharField(_("brand"), max_length=120, blank=True, db_index=True)
    supplier = models.CharField(_("supplier"), max_length=120, blank=True)
    price = models.DecimalField(
        _("price"), max_digits=10, decimal_places=2, validators=[MinValueValidator(Decimal(0))]
    )
    cost = models.DecimalField(_("cost price"), max_digits=10, decimal_places=2, default=Decimal(0))
    stock = models.PositiveIntegerField(_("stock"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    parent = models.ForeignKey(
        "self", verbose_name=_("variant of"), null=True, blank=True, related_name="variants",
        on_delete=models.CASCADE,
    )  # fmt: skip
    variant_label = models.CharField(_("variant label"), max_length=80, blank=True)
    size = models.CharField(_("size"), max_length=60, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    available_from = models.DateTimeField(_("available from"), null=True, blank=True)
    available_until = models.DateTimeField(_("available until"), null=True, blank=True)
    source = models.CharField(
        _("source"),
        max_length=40,
        blank=True,
        help_text=_("The loader that made it; empty for one made by hand."),
    )

    objects = ProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "pk")
        indexes = (
            models.Index(fields=("category", "is_active", "parent"), name="shop_product_listing"),
            models.Index(fields=("name", "id"), name="shop_product_name"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(price__gte=0), name="shop_product_price_not_negative"),
        )

    def __str__(self) -> str:
        return self.full_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.slug = self.slug or slugify(self.name)[:220] or "product"
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        """A variant's page is its parent's, with the variant chosen."""
        if self.parent_id is None:
            return reverse("shop:product", kwargs={"pk": self.pk, "slug": self.slug or "product"})
        slug = slugify(self.name)[:220] or "product"
        return reverse("shop:product", kwargs={"pk": self.parent_id, "slug": slug}) + f"?variant={self.pk}"

    @property
    def full_name(self) -> str:
        return f"{self.name}, {self.variant_label}" if self.parent_id and self.variant_label else self.name

    @property
    def choice_label(self) -> str:
        """How it is called in the choice of variants."""
        return self.variant_label or self.size or str(_("Standard"))

    @property
    def tile_url(self) -> str:
        """The address carries a mark of what the drawing depends on, since browsers keep it for a year."""
        return reverse("shop:tile", kwargs={"pk": self.pk}) + f"?v={tile_mark(self.name, self.category_id)}"

    @property
    def current_percent(self) -> Decimal:
        """The discount in force: as annotated by `with_prices()`, else one query."""
        annotated: Decimal | None = getattr(self, "active_percent", None)
        if annotated is not None:
            return Decimal(annotated)
        best = self.discounts.active().aggregate(best=models.Max("percent"))["best"]
        return best or Decimal(0)

    @property
    def price_now(self) -> Decimal:
        return percent_off(self.price, self.current_percent)

    @property
    def old_price(self) -> Decimal | None:
        """The price to strike out, or None without a discount in force."""
        return self.price if self.current_percent else None

"""What shoppers say and wish."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReviewQuerySet(models.QuerySet["Review"]):
    def published(self) -> Self:
        return self.filter(status=Review.Status.PUBLISHED)


class Review(models.Model):
    """One person's rating of one product (of the parent, when a variant was bought)."""

    class Status(models.TextChoices):
        PUBLISHED = "published", _("published")
        PENDING = "pending", _("waiting for a check")
        REJECTED = "rejected", _("rejected")

    product = models.ForeignKey(
        "shop.Product", verbose_name=_("product"), related_name="reviews", on_delete=models.CASCADE
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), related_name="reviews", on_delete=models.CASCADE
    )
    rating = models.PositiveSmallIntegerField(
        _("rating"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    text = models.TextField(_("text"), max_length=4000, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.PUBLISHED)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ("-created_at", "-pk")
        constraints = (
            models.UniqueConstraint(fields=("product", "user"), name="shop_review_once"),
            models.CheckConstraint(
                condition=Q(rating__gte=1, rating__lte=5), name="shop_review_rating_1_to_5"
            ),
        )

    def __str__(self) -> str:
        return f"{self.rating}★ {self.title}".strip()


class Wish(models.Model):
    product = models.ForeignKey(
        "shop.Product", verbose_name=_("product"), related_name="wishes", on_delete=models.CASCADE
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), related_name="wishes", on_delete=models.CASCADE
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering = ("-created_at", "-pk")
        constraints = (models.UniqueConstraint(fields=("product", "user"), name="shop_wish_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} · {self.product_id}"

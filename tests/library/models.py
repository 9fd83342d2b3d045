"""Members borrow books and films."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone


class Member(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    card = models.CharField(max_length=20, unique=True)
    objects: BaseUserManager[Member] = BaseUserManager()

    USERNAME_FIELD = "card"


class Title(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, blank=True)
    on_shelf = models.BooleanField(default=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/{self._meta.model_name}/{self.pk}/"


class Book(Title):
    pass


class Film(Title):
    pass


class Loan(models.Model):
    """Of a book or of a film."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    member = models.ForeignKey(Member, models.CASCADE)
    book = models.ForeignKey(Book, models.CASCADE, null=True)
    film = models.ForeignKey(Film, models.CASCADE, null=True)
    began = models.DateTimeField(default=timezone.now)
    is_void = models.BooleanField(default=False)

    @property
    def title(self) -> Title | None:
        return self.book or self.film

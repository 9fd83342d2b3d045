from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def staff(db: None) -> Callable[..., Client]:
    """A client logged in as a member of staff with so many permissions of this app, e.g. `staff("view_event")`."""

    def log_in(*codenames: str) -> Client:
        user = User.objects.create_user("merchandiser", password="x", is_staff=True)
        found = Permission.objects.filter(content_type__app_label="recommendations", codename__in=codenames)
        assert len(found) == len(codenames)
        user.user_permissions.set(found)
        client = Client()
        client.force_login(user)
        return client

    return log_in

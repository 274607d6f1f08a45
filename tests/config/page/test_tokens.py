"""The page on which a person makes and revokes keys for programs."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import TokenScope
from accounts.models import AccessToken, Household, User
from accounts.operations.tokens import make_token
from tests.factories import a_user

ASKED = {"name": "Home automation", "scopes": ["homes", "rooms"], "days": "90"}


@pytest.fixture
def person(resident: User, client: Client) -> User:
    client.force_login(resident)
    return resident


@pytest.mark.usefixtures("person")
def test_the_key_is_shown_once_and_works(client: Client, household: Household, api: APIClient) -> None:
    made = client.post("/keys", ASKED).content.decode()
    found = re.search(r"hl_[\w-]{43}", made)
    assert found

    api.credentials(HTTP_AUTHORIZATION=f"Bearer {found[0]}")
    assert api.get(f"/api/v1/households/{household.pk}").status_code == HTTPStatus.OK
    later = client.get("/keys").content.decode()
    assert found[0] not in later
    assert "Home automation" in later
    assert "Room temperatures" in later


@pytest.mark.usefixtures("person")
def test_without_keys_the_page_says_so(client: Client) -> None:
    assert "You have no keys." in client.get("/keys").content.decode()


@pytest.mark.usefixtures("person")
def test_a_key_that_reads_nothing_is_not_made_and_the_name_stays(client: Client) -> None:
    answer = client.post("/keys", {**ASKED, "scopes": []})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="Home automation"' in answer.content.decode()
    assert not AccessToken.objects.exists()


@pytest.mark.usefixtures("person")
def test_a_revoked_key_is_gone_from_the_list(client: Client) -> None:
    client.post("/keys", ASKED)
    answer = client.post(f"/keys/{AccessToken.objects.get().pk}/end", follow=True)

    assert "Home automation opens nothing any more." in answer.content.decode()
    assert "You have no keys." in answer.content.decode()
    assert client.post(f"/keys/{AccessToken.objects.get().pk}/end").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.usefixtures("person")
def test_nobody_ends_anothers_key(client: Client) -> None:
    theirs, _secret = make_token(
        user=a_user(), name="x", scopes=[TokenScope.BILLS], lifetime=timedelta(days=9), at=timezone.now()
    )

    assert client.post(f"/keys/{theirs.pk}/end").status_code == HTTPStatus.NOT_FOUND
    theirs.refresh_from_db()
    assert theirs.revoked_at is None

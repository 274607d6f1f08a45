from collections.abc import Callable

import pytest
import redis
from django.conf import settings
from django.urls import reverse
from rest_framework.test import APIClient
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from accounts.models import User
from metering.live.tickets import issue_ticket
from tests.metering.live.conftest import PhoneOf

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def shake(url: str, *offered: str, cookie: str = "", origin: str | None = None) -> str | int | None:
    """The protocol the server chose, or the HTTP status of its refusal."""
    subprotocols = [Subprotocol(name) for name in offered] or None
    headers = {"Cookie": cookie} if cookie else None
    try:
        with connect(
            url,
            subprotocols=subprotocols,
            additional_headers=headers,
            origin=None if origin is None else Origin(origin),
        ) as socket:
            return socket.subprotocol
    except InvalidStatus as refused:
        return refused.response.status_code


def test_a_ticket_opens_the_socket_and_only_the_protocol_is_echoed(resident: User, phone_of: PhoneOf) -> None:
    assert phone_of(resident).socket.subprotocol == "heat.v1"


def test_a_ticket_opens_one_socket_only(resident: User, live_url: str) -> None:
    ticket = issue_ticket(user_id=resident.pk)
    assert shake(live_url, "heat.v1", f"t.{ticket}") == "heat.v1"
    assert shake(live_url, "heat.v1", f"t.{ticket}") == 403


def test_a_ticket_nobody_issued_is_refused(live_url: str) -> None:
    assert shake(live_url, "heat.v1", "t.made-up") == 403


def test_a_ticket_that_ran_out_is_refused(resident: User, live_url: str, valkey: redis.Redis) -> None:
    ticket = issue_ticket(user_id=resident.pk)
    assert 0 < valkey.ttl(f"live:ticket:{ticket}") <= 30
    valkey.expire(f"live:ticket:{ticket}", 0)
    assert shake(live_url, "heat.v1", f"t.{ticket}") == 403


def test_a_ticket_of_someone_who_was_shut_out_is_refused(resident: User, live_url: str) -> None:
    ticket = issue_ticket(user_id=resident.pk)
    User.objects.filter(pk=resident.pk).update(is_active=False)
    assert shake(live_url, "heat.v1", f"t.{ticket}") == 403


def test_without_the_protocol_nobody_is_let_in(resident: User, live_url: str) -> None:
    ticket = issue_ticket(user_id=resident.pk)
    assert shake(live_url, f"t.{ticket}") == 403
    assert shake(live_url) == 403


def test_our_own_page_opens_the_socket_with_the_session_cookie(
    resident: User, live_url: str, cookie_of: Callable[[User], str]
) -> None:
    cookie = cookie_of(resident)
    assert shake(live_url, "heat.v1", cookie=cookie, origin=settings.LIVE_ORIGINS[0]) == "heat.v1"


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://127.0.0.1:8000.evil.example", "null", None]
)
def test_a_foreign_page_cannot_use_the_session_cookie(
    resident: User, live_url: str, cookie_of: Callable[[User], str], origin: str | None
) -> None:
    assert shake(live_url, "heat.v1", cookie=cookie_of(resident), origin=origin) == 403


def test_our_own_page_without_a_session_is_refused(live_url: str) -> None:
    assert shake(live_url, "heat.v1", origin=settings.LIVE_ORIGINS[0]) == 403


def test_the_api_gives_a_ticket_to_whoever_is_signed_in(
    resident: User, live_url: str, api: APIClient
) -> None:
    api.force_authenticate(resident)
    answer = api.post(reverse("live-tickets"))
    assert (answer.status_code, answer.data["expires_in_s"]) == (201, 30)
    assert shake(live_url, "heat.v1", f"t.{answer.data['ticket']}") == "heat.v1"


def test_the_api_gives_no_ticket_to_a_stranger(api: APIClient, valkey: redis.Redis) -> None:
    assert api.post(reverse("live-tickets")).status_code == 401
    assert valkey.keys("live:ticket:*") == []

"""The rate limit: exact, atomic, visible, and no reason for an outage."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.enums import TokenScope
from accounts.models import Household, User
from accounts.operations.tokens import make_token
from config.api import throttle
from config.api.throttle import Rate, take
from tests.factories import a_user


@pytest.fixture(autouse=True)
def _as_built_in(settings: Settings) -> None:
    """The limits that people meet."""
    settings.RATE_LIMIT_FACTOR = 1


def test_a_burst_is_let_through_and_the_next_is_told_how_long_to_wait() -> None:
    rate, bucket = Rate(name="test", burst=5, window_s=50), str(uuid4())

    verdicts = [take(rate=rate, bucket=bucket) for _ in range(6)]

    assert [verdict.allowed for verdict in verdicts] == [True] * 5 + [False]
    assert [verdict.remaining for verdict in verdicts] == [4, 3, 2, 1, 0, 0]
    assert 9 < verdicts[-1].retry_after_s <= 10


def test_room_comes_back_at_the_rate() -> None:
    rate, bucket = Rate(name="test", burst=20, window_s=1), str(uuid4())
    for _ in range(20):
        take(rate=rate, bucket=bucket)

    refused = take(rate=rate, bucket=bucket)
    while not (verdict := take(rate=rate, bucket=bucket)).allowed:
        assert verdict.retry_after_s <= refused.retry_after_s

    assert verdict.allowed


def test_of_many_requests_at_once_exactly_the_burst_is_let_through() -> None:
    rate, bucket = Rate(name="test", burst=10, window_s=3600), str(uuid4())

    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda _: take(rate=rate, bucket=bucket), range(40)))

    assert sum(verdict.allowed for verdict in verdicts) == 10


@pytest.mark.django_db
def test_every_answer_shows_the_limit_and_a_refusal_says_when_to_come_back(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "READ", Rate(name=f"read-{uuid4()}", burst=2, window_s=60))
    client.force_login(a_user())

    answers = [client.get("/api/v1/me") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert 29 <= int(answers[2]["Retry-After"]) <= 30
    assert answers[2].json()["type"].endswith("/throttled")


@pytest.mark.django_db
def test_without_valkey_people_are_served_all_the_same(client: Client, settings: Settings) -> None:
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"
    throttle._valkey.cache_clear()
    client.force_login(a_user())
    try:
        assert client.get("/api/v1/me").status_code == 200
    finally:
        throttle._valkey.cache_clear()


# --- who is counted where ----------------------------------------------------------------------------


def _bucket(answer: Any) -> str:  # noqa: ANN401 - Django's response
    """The limit that an answer shows; its policy and its state name the same one."""
    name: str = answer["RateLimit"].split(";")[0]
    assert answer["RateLimit-Policy"].startswith(f"{name};q=")
    return name.strip('"')


def test_reading_writing_voting_and_programs_have_limits_of_their_own(
    client: Client, resident: User, household: Household
) -> None:
    _token, secret = make_token(
        user=resident,
        name="script",
        scopes=[TokenScope.HOMES],
        lifetime=timedelta(days=1),
        at=timezone.now(),
    )
    program = client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    client.force_login(resident)
    vote = f"/api/v1/households/{household.pk}/feedback"

    answers = {
        "read": client.get("/api/v1/me"),
        "write": client.post("/api/v1/live/tickets"),
        "votes": client.post(vote, {"sensation": 1}, content_type="application/json"),
        "token": program,
    }

    assert {name: _bucket(answer) for name, answer in answers.items()} == {name: name for name in answers}
    assert all(answer.status_code < 300 for answer in answers.values())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/api/v1/me", "/api/v1/nowhere", "/api/v1/invoices/9999999/proof", "/api/v1/me/tokens/7"],
)
def test_what_is_refused_shows_a_limit_too(client: Client, path: str) -> None:
    assert _bucket(client.get(path, headers={"Authorization": "Bearer hl_guess"})) == "stranger"


@pytest.mark.django_db
def test_guessing_keys_is_stopped(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "STRANGER", Rate(name=f"stranger-{uuid4()}", burst=2, window_s=60))

    answers = [client.get("/api/v1/me", headers={"Authorization": f"Bearer hl_{n}"}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert 29 <= int(answers[2]["Retry-After"]) <= 30


@pytest.mark.django_db
def test_signing_in_is_counted_by_address_whatever_comes_of_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "LOGIN", Rate(name=f"login-{uuid4()}", burst=2, window_s=60))
    path, said = "/_allauth/app/v1/auth/login", {"email": "nobody@example.com", "password": "guess"}

    answers = [client.post(path, said, content_type="application/json") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert "Retry-After" in answers[2]
    assert client.get("/_allauth/app/v1/config").status_code == 200

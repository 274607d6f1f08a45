"""The rate limit: exact, atomic, visible, and no reason for an outage."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import Settings

from config.api import throttle
from config.api.throttle import Rate, take
from tests.factories import a_user


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
    monkeypatch.setattr(throttle, "PERSON", Rate(name=f"person-{uuid4()}", burst=2, window_s=60))
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

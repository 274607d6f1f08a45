"""The same request sent twice is done once: replayed, refused while under way, safe through a crash."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import AccessToken, Household, User
from accounts.scope import across_utilities, utility_scope
from billing.api.payments import StripeWebhookView
from comfort.models import Feedback
from config.api.keyed import KEPT, purge
from config.api.models import KeyedRequest
from tests.factories import a_household, a_resident, a_utility

UNSAFE: Final = ("post", "put", "patch", "delete")
# Its sender names its own events, and they are stored once by that name.
UNMARKED: Final = {StripeWebhookView}
NEW_TOKEN: Final = {"name": "script", "scopes": ["homes"]}


def _post(client: Client, path: str, body: dict[str, Any], *, key: str) -> Any:  # noqa: ANN401 - Django's response
    return client.post(path, body, content_type="application/json", headers={"Idempotency-Key": key})


def _problem(answer: Any) -> tuple[int, str]:  # noqa: ANN401 - as above
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


def _views(resolver: URLResolver, prefix: str = "") -> Iterator[Any]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from _views(entry, route)
        elif isinstance(entry, URLPattern) and route.startswith("api/v1/"):
            yield getattr(entry.callback, "cls")  # noqa: B009 - what Django's types do not know


def test_every_handler_that_changes_something_obeys_the_key() -> None:
    handlers = [
        (view, name)
        for view in set(_views(get_resolver())) - UNMARKED
        for name in UNSAFE
        if hasattr(view, name)
    ]

    assert handlers
    unmarked = [f"{view.__name__}.{name}" for view, name in handlers if not _is_marked(view, name)]
    assert unmarked == [], "Mark them with @idempotent()."


def _is_marked(view: type, name: str) -> bool:
    return hasattr(getattr(view, name), "is_idempotent")


@pytest.fixture
def mine(client: Client, resident: User) -> Client:
    """The resident's browser."""
    client.force_login(resident)
    return client


@pytest.fixture
def votes(household: Household) -> str:
    """Where the resident votes."""
    return f"/api/v1/households/{household.pk}/feedback"


def test_the_answer_is_replayed_and_says_so(mine: Client, votes: str) -> None:
    first = _post(mine, votes, {"sensation": -1, "comment": "cool"}, key="tap")
    again = _post(mine, votes, {"comment": "cool", "sensation": -1}, key="tap")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"
    assert Feedback.objects.count() == 1


def test_a_key_names_one_request_of_one_person(mine: Client, votes: str, household: Household) -> None:
    _post(mine, votes, {"sensation": -1}, key="tap")

    other_body = _post(mine, votes, {"sensation": 1}, key="tap")
    other_address = _post(mine, "/api/v1/live/tickets", {"sensation": -1}, key="tap")
    somebody = Client()
    somebody.force_login(a_resident(household=household))
    other_person = _post(somebody, "/api/v1/live/tickets", {}, key="tap")

    assert _problem(other_body) == (422, "idempotency_key_reused")
    assert _problem(other_address) == (422, "idempotency_key_reused")
    assert other_person.status_code == 201
    assert Feedback.objects.get().sensation == -1


def test_what_was_refused_is_not_remembered(mine: Client, votes: str) -> None:
    refused = _post(mine, votes, {"sensation": 9}, key="tap")
    mended = _post(mine, votes, {"sensation": 3}, key="tap")

    assert (refused.status_code, mended.status_code) == (400, 201)
    assert Feedback.objects.get().sensation == 3


def test_a_secret_is_kept_nowhere_and_shown_once(mine: Client) -> None:
    made = _post(mine, "/api/v1/me/tokens", NEW_TOKEN, key="k")
    again = _post(mine, "/api/v1/me/tokens", NEW_TOKEN, key="k")

    assert made.status_code == 201
    assert _problem(again) == (409, "shown_once")
    assert AccessToken.objects.count() == 1
    assert KeyedRequest.objects.get().body is None


def test_an_answer_without_words_is_replayed_too(mine: Client) -> None:
    made = mine.post("/api/v1/me/tokens", NEW_TOKEN, content_type="application/json")
    path = f"/api/v1/me/tokens/{made.json()['token']['id']}"

    first = mine.delete(path, headers={"Idempotency-Key": "end"})
    again = mine.delete(path, headers={"Idempotency-Key": "end"})

    assert (first.status_code, again.status_code) == (204, 204)
    assert (first.content, again.content) == (b"", b"")
    assert again["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_useless_key_is_refused_and_nothing_done(mine: Client, votes: str, key: str) -> None:
    assert _problem(_post(mine, votes, {"sensation": 1}, key=key)) == (400, "idempotency_key_invalid")
    assert not Feedback.objects.exists()


def test_answers_are_kept_for_their_time_and_forgotten_after(mine: Client, votes: str) -> None:
    _post(mine, votes, {"sensation": 1}, key="tap")

    assert purge(at=timezone.now() + KEPT - timedelta(minutes=1)) == 0
    assert purge(at=timezone.now() + KEPT + timedelta(minutes=1)) == 1
    assert not KeyedRequest.objects.exists()


def test_a_name_is_free_again_even_before_it_is_purged(mine: Client) -> None:
    _post(mine, "/api/v1/live/tickets", {}, key="k")
    KeyedRequest.objects.update(leased_until=timezone.now() - KEPT, kept_until=timezone.now())

    assert _post(mine, "/api/v1/live/tickets", {"another": "body"}, key="k").status_code == 201


# --- real transactions: two at once, and a crash in the middle of the work ---------------------------


@pytest.fixture
def voter(transactional_db: None) -> tuple[Client, str]:  # noqa: ARG001 - it is the database
    """A resident's browser and where they vote, committed."""
    with utility_scope(a_utility()):
        household = a_household()
        client = Client()
        client.force_login(a_resident(household=household))
    return client, f"/api/v1/households/{household.pk}/feedback"


@contextmanager
def _a_vote_under_way(client: Client, votes: str) -> Iterator[Future[Any]]:
    """A vote whose work has begun and waits for a lock that is held until the end of the block."""
    client.raise_request_exception = False
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE comfort_feedback IN EXCLUSIVE MODE")
            answer = pool.submit(_vote_and_hang_up, client, votes)
            while not _waiting():
                assert not answer.done(), answer.result().content
            yield answer
        answer.result(timeout=30)


def _vote_and_hang_up(client: Client, votes: str) -> Any:  # noqa: ANN401 - Django's response
    try:
        return _post(client, votes, {"sensation": -2}, key="tap")
    finally:
        connections.close_all()


def _waiting() -> list[int]:
    """Who waits to write a vote."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_locks WHERE relation = 'comfort_feedback'::regclass AND NOT granted"
        )
        return [pid for (pid,) in cursor.fetchall()]


def _votes() -> int:
    with across_utilities("a test counts"):
        return Feedback.objects.count()


def test_while_the_request_is_under_way_the_same_one_is_told_to_wait(voter: tuple[Client, str]) -> None:
    client, votes = voter
    with _a_vote_under_way(client, votes) as first:
        meanwhile = _post(client, votes, {"sensation": -2}, key="tap")
    again = _post(client, votes, {"sensation": -2}, key="tap")

    assert _problem(meanwhile) == (409, "request_under_way")
    assert 1 <= int(meanwhile["Retry-After"]) <= 60
    assert first.result().status_code == 201
    assert again.json() == first.result().json()
    assert _votes() == 1


def test_a_broken_database_connection_leaves_nothing_and_frees_the_name(voter: tuple[Client, str]) -> None:
    client, votes = voter
    with _a_vote_under_way(client, votes) as first, connection.cursor() as cursor:
        for pid in _waiting():
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    assert first.result().status_code == 500
    assert _votes() == 0

    assert _post(client, votes, {"sensation": -2}, key="tap").status_code == 201
    assert _votes() == 1


class Died(BaseException):
    """What no handler catches, as nothing runs after a kill."""


def _die(execute: Any, sql: str, *rest: Any) -> Any:  # noqa: ANN401 - Django's hook
    if sql.startswith('UPDATE "api_keyedrequest"'):
        raise Died
    return execute(sql, *rest)


def test_a_crash_before_the_answer_is_kept_undoes_the_work_and_the_lease_lets_the_next_try_in(
    voter: tuple[Client, str],
) -> None:
    client, votes = voter
    with pytest.raises(Died), connection.execute_wrapper(_die):
        _post(client, votes, {"sensation": -2}, key="tap")
    assert _votes() == 0

    too_soon = _post(client, votes, {"sensation": -2}, key="tap")
    KeyedRequest.objects.update(leased_until=timezone.now())
    after = _post(client, votes, {"sensation": -2}, key="tap")

    assert _problem(too_soon) == (409, "request_under_way")
    assert after.status_code == 201
    assert _votes() == 1


def test_work_that_outlived_its_lease_comes_to_nothing(voter: tuple[Client, str]) -> None:
    client, votes = voter
    with _a_vote_under_way(client, votes) as slow:
        # Its lease lapsed, and somebody else began anew.
        KeyedRequest.objects.update(lease="00000000-0000-0000-0000-000000000001")

    assert _problem(slow.result()) == (409, "request_under_way")
    assert _votes() == 0

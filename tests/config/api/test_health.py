"""Liveness is about the process, readiness about what it needs."""

import pytest
from django.test import Client
from pytest_django import Settings


def test_the_process_is_alive_whatever_else_is(client: Client, settings: Settings) -> None:
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"

    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_says_that_database_and_valkey_answer(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {"database": "ok", "valkey": "ok"}


@pytest.mark.django_db
def test_not_ready_says_what_is_unreachable(client: Client, settings: Settings) -> None:
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == {"database": "ok", "valkey": "unreachable"}


def test_metrics_are_prometheus_text(client: Client) -> None:
    assert b"python_info" in client.get("/metrics").content

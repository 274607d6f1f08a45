"""Production does not start on a missing or unsafe value, and names every one of them at once."""

import os
import subprocess
import sys
from typing import Final

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings import guard
from tests.project import tree

SAFE: Final = {
    "SECRET_KEY": "k" * 50,
    "ALLOWED_HOSTS": "heat.example.org,heat.example.net",
    "DATABASE_URL": "postgresql://hearthline:pass@db.example.org/hearthline",
    "VALKEY_URL": "rediss://:pass@valkey.example.org:6379/0",
    "MQTT_URL": "mqtts://ingest:pass@mqtt.example.org:8883",
    "PUBLIC_URL": "https://heat.example.org",
    "LIVE_URL": "wss://heat.example.org/ws/v1/live",
    "STRIPE_SECRET_KEY": "sk_live_0000",
    "STRIPE_WEBHOOK_SECRETS": "whsec_new,whsec_old",
    "EMAIL_URL": "smtp+tls://user:pass@mail.example.org:587",
}
CLEAN: Final = "System check identified no issues (1 silenced).\n"


def _refusal(**changes: str) -> str:
    with pytest.raises(ImproperlyConfigured) as refused:
        guard.refuse_unsafe({**SAFE, **changes})
    return str(refused.value)


def test_safe_values_pass() -> None:
    guard.refuse_unsafe(SAFE)


@pytest.mark.parametrize("name", SAFE)
def test_a_missing_value_is_named(name: str) -> None:
    assert _refusal(**{name: ""}) == f"Hearthline will not start:\n  {name} is missing"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("SECRET_KEY", "local-only-and-therefore-public", "is the published development key"),
        ("SECRET_KEY", "django-insecure-" + "k" * 50, "is the published development key"),
        ("SECRET_KEY", "k" * 49, "is shorter than 50 characters"),
        ("ALLOWED_HOSTS", "*", "must name the hosts; '*' lets any name in"),
        ("ALLOWED_HOSTS", "heat.example.org,*", "must name the hosts; '*' lets any name in"),
        ("DATABASE_URL", "sqlite:///db.sqlite3", "must be a postgres:// address"),
        ("VALKEY_URL", "valkey://valkey.example.org", "must be a redis:// or rediss:// address"),
        ("VALKEY_URL", "redis://valkey.example.org:6379/0", "crosses the network without a password"),
        ("MQTT_URL", "mqtt://mqtt.example.org:1883", "must be an mqtts:// address outside this machine"),
        ("PUBLIC_URL", "http://heat.example.org", "must start with https://"),
        ("LIVE_URL", "ws://heat.example.org/ws/v1/live", "must start with wss://"),
        ("STRIPE_SECRET_KEY", "sk_test_0000", "is not a live key"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_new,secret", "must be whsec_... secrets"),
    ],
)
def test_an_unsafe_value_is_named_with_its_fault(name: str, value: str, reason: str) -> None:
    assert f"  {name} {reason}" in _refusal(**{name: value})


def test_a_server_on_this_machine_needs_neither_password_nor_tls() -> None:
    guard.refuse_unsafe(
        {**SAFE, "VALKEY_URL": "redis://127.0.0.1:6379/0", "MQTT_URL": "mqtt://localhost:1883"}
    )


def test_a_fake_stripe_is_refused() -> None:
    refusal = _refusal(STRIPE_API_BASE="http://127.0.0.1:12111")

    assert "STRIPE_API_BASE must be empty" in refusal


def test_every_fault_stands_in_one_refusal() -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        guard.refuse_unsafe({})

    lines = str(refused.value).splitlines()
    assert lines == ["Hearthline will not start:", *(f"  {name} is missing" for name in guard.CHECKS)]


def _start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A production process on ``environment`` alone: what this test run was given does not count."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "HEARTHLINE_STATE") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=tree.ROOT,
        env={**kept, **environment, "DJANGO_SETTINGS_MODULE": "config.settings.production"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_production_process_stops_on_a_bare_environment() -> None:
    started = _start({})

    assert started.returncode != 0
    assert "Hearthline will not start:\n  SECRET_KEY is missing" in started.stderr


def test_a_production_process_starts_on_safe_values_and_passes_the_deployment_checks() -> None:
    key = "".join(chr(33 + number % 90) for number in range(60))
    started = _start({**SAFE, "SECRET_KEY": key, "DATABASE_ENGINE": "plain"})

    assert (started.returncode, started.stdout + started.stderr) == (0, CLEAN)

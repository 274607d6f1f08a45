"""No test key meets money, no live key a stand-in; nothing of it is left to care."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from pytest_django import Settings

from billing.payments.configured import configured_provider
from billing.payments.guard import UnsafeProviderError, refuse_unsafe
from billing.payments.provider import ProviderUnavailableError


@pytest.mark.parametrize(
    ("secret_key", "api_base"),
    [
        ("sk_test_x", ""),
        ("sk_live_x", ""),
        ("sk_test_x", "http://127.0.0.1:12111"),
        ("sk_test_x", "http://[::1]:12111"),
        ("", "http://localhost:1"),
    ],
)
def test_stripe_itself_and_a_stand_in_on_this_machine_are_allowed(secret_key: str, api_base: str) -> None:
    refuse_unsafe(secret_key=secret_key, api_base=api_base)


@pytest.mark.parametrize(
    ("secret_key", "api_base"),
    [
        ("sk_test_x", "https://stripe.example.com"),
        ("sk_test_x", "http://127.0.0.1.example.com"),
        ("sk_test_x", "127.0.0.1:12111"),
        ("sk_live_x", "http://127.0.0.1:12111"),
        ("rk_live_x", "http://127.0.0.1:12111"),
    ],
)
def test_any_other_pair_is_refused_and_stops_the_start(
    settings: Settings, secret_key: str, api_base: str
) -> None:
    settings.STRIPE_SECRET_KEY = secret_key
    settings.STRIPE_API_BASE = api_base

    with pytest.raises(UnsafeProviderError):
        configured_provider()
    assert "billing.E001" in {message.id for message in run_checks()}


def test_without_a_key_nobody_can_pay_online(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_API_BASE = ""

    with pytest.raises(ProviderUnavailableError, match="STRIPE_SECRET_KEY"):
        configured_provider()
    assert "billing.E001" not in {message.id for message in run_checks()}


def test_the_same_settings_use_the_same_connections(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_x"
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"

    assert configured_provider() is configured_provider()
    assert configured_provider().name == "stripe"

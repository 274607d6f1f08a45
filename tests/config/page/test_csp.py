"""What a browser may load and do on our pages."""

import pytest
from django.test import Client
from pytest_django import Settings

from config.page.csp import HEADER, policy


def rules(text: str) -> dict[str, str]:
    """A policy, taken apart."""
    return dict(rule.split(" ", 1) for rule in text.split("; "))


def test_the_page_runs_only_its_own_scripts_and_speaks_only_to_us_and_the_socket(settings: Settings) -> None:
    settings.LIVE_URL = "wss://live.example.com/ws/v1/live"

    page = rules(policy("/homes/1/"))

    assert page["default-src"] == "'none'"
    assert page["script-src"] == "'self'"
    assert page["style-src"] == "'self'"
    assert page["connect-src"] == "'self' wss://live.example.com"
    assert page["frame-ancestors"] == "'none'"


@pytest.mark.parametrize(
    ("api_base", "checkout"),
    [("", "https://checkout.stripe.com"), ("http://127.0.0.1:8015", "http://127.0.0.1:8015")],
)
def test_a_form_may_lead_to_the_hosted_checkout(settings: Settings, api_base: str, checkout: str) -> None:
    settings.STRIPE_API_BASE = api_base

    assert rules(policy("/homes/1/"))["form-action"] == f"'self' {checkout}"


def test_only_the_desk_may_evaluate_expressions() -> None:
    assert "'unsafe-eval'" in rules(policy("/admin/"))["script-src"]
    assert "unsafe" not in rules(policy("/api/docs/"))["script-src"]


@pytest.mark.django_db
def test_html_carries_the_policy_and_json_does_not(client: Client) -> None:
    assert client.get("/accounts/login/").headers[HEADER] == policy("/accounts/login/")
    assert HEADER not in client.get("/healthz").headers

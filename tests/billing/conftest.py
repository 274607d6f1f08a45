"""A bill to pay, and a fake Stripe to pay it at, reached through the real SDK."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.models import User, Utility
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice
from billing.payments import configured
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.factories import a_resident


@pytest.fixture
def stripe_fake() -> Iterator[FakeStripe]:
    """A fake Stripe that sends its webhooks to nobody: the tests hand them over themselves."""
    with FakeStripe() as fake:
        yield fake


@pytest.fixture
def gateway(stripe_fake: FakeStripe) -> Iterator[StripeGateway]:
    """The product's own gateway, pointed at the fake."""
    gateway = StripeGateway(secret_key=stripe_fake.secret_key, api_base=stripe_fake.base_url)
    yield gateway
    gateway.close()


@pytest.fixture
def bill(scoped: Utility) -> Invoice:  # noqa: ARG001 - it is made inside the scope
    """An issued bill of CNY 512.30, nothing of it paid, the utility in scope."""
    a_tariff()
    return Invoice.objects.get(pk=a_bill(contract=a_customer()))


@pytest.fixture
def payer(bill: Invoice) -> User:
    """The owner of the bill's home."""
    return a_resident(household=bill.household)


@pytest.fixture
def online(stripe_fake: FakeStripe, settings: Settings) -> Iterator[FakeStripe]:
    """The settings point at the fake, as the demo's do."""
    settings.STRIPE_SECRET_KEY = stripe_fake.secret_key
    settings.STRIPE_API_BASE = stripe_fake.base_url
    settings.STRIPE_WEBHOOK_SECRETS = ["whsec_rotated_out", stripe_fake.webhook_secret]
    yield stripe_fake
    configured.forget()

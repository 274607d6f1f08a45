"""The fake, served on a free port, and the real SDK pointed at it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import SECRET, Inbox, sdk


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    """Where webhooks go."""
    with Inbox() as inbox:
        yield inbox


@pytest.fixture
def fake(inbox: Inbox) -> Iterator[FakeStripe]:
    """The fake, which sends its webhooks to `inbox`."""
    with FakeStripe(webhook_url=inbox.url, webhook_secret=SECRET, merchant="Beijing <Heat>") as fake:
        yield fake


@pytest.fixture
def client(fake: FakeStripe) -> Iterator[stripe.StripeClient]:
    """The SDK pointed at `fake`."""
    with sdk(fake) as client:
        yield client

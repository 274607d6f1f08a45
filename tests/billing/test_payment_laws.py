"""Whatever happens in whatever order, our books and the provider's agree in the end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from stripe._encode import _api_encode  # the SDK's own writer, whose reader we are

from accounts.models import User
from billing.enums import AccountCode
from billing.fakestripe import forms
from billing.fakestripe.checkout import expire
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, JournalEntry, PaymentAttempt, Posting, WebhookEvent
from billing.operations.payments import NothingDueError, PaymentUnderWayError
from billing.operations.reconcile import reconcile_attempts
from billing.operations.webhooks import process_again, process_event
from billing.payments.provider import ProviderError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import deliver, owed_minor, pay_at_the_counter, sessions, start

names = st.text(st.characters(blacklist_characters="[]", blacklist_categories=["Cs"]), min_size=1)
leaves = st.text(st.characters(blacklist_categories=["Cs"]))
trees = st.dictionaries(
    names,
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1),
        max_leaves=6,
    ),
    max_size=4,
)


def _read(tree: Any) -> Any:  # noqa: ANN401 - JSON
    """A tree as a reader of forms sees it: a list is a group named by its positions."""
    if isinstance(tree, list):
        return {str(index): _read(part) for index, part in enumerate(tree)}
    return {name: _read(part) for name, part in tree.items()} if isinstance(tree, dict) else tree


@given(trees)
def test_what_the_sdk_writes_is_read_as_it_was_meant(tree: dict[str, Any]) -> None:
    assert forms.decode(urlencode(list(_api_encode(tree)))) == _read(tree)


class Story:
    """One bill and all that people, banks and networks do to its payment."""

    def __init__(self, bill: Invoice, payer: User, gateway: StripeGateway, fake: FakeStripe) -> None:
        """Begin with nothing paid."""
        self.bill, self.payer, self.gateway, self.fake = bill, payer, gateway, fake
        self.counter_minor = 0

    def ask(self) -> None:
        """The resident asks for a page."""
        with suppress(NothingDueError, PaymentUnderWayError, ProviderError):
            start(self.bill, self.payer, self.gateway)

    def ask_in_vain(self) -> None:
        """The page opens, and its address is lost on the way."""
        self.fake.order("answers", next=["lost"] * 3)
        self.ask()
        self.fake.faults.answers.clear()

    def pay(self) -> None:
        """Somebody pays an open page, known to us or not."""
        self._on_the_page("open", lambda session: self.fake.order("pay", session=session))

    def pay_slowly(self) -> None:
        """Somebody confirms a payment that takes days."""
        self._on_the_page("open", lambda session: self.fake.order("pay", session=session, slowly=True))

    def bank_says_yes(self) -> None:
        """A slow payment succeeds."""
        self._settle(succeeded=True)

    def bank_says_no(self) -> None:
        """A slow payment fails."""
        self._settle(succeeded=False)

    def close_page(self) -> None:
        """The provider closes a page by itself."""
        self._on_the_page("open", self._expire)

    def pay_at_the_counter(self) -> None:
        """A part of the debt is paid in cash."""
        if owed_minor(self.bill) > 0:
            part = min(owed_minor(self.bill), 7000 + self.counter_minor)
            pay_at_the_counter(self.bill, part)
            self.counter_minor += part

    def hear(self) -> None:
        """The latest news arrives, twice, and all news is processed once more."""
        for kind in ("completed", "async_payment_succeeded", "async_payment_failed", "expired"):
            with suppress(StopIteration):
                deliver(self.fake, f"checkout.session.{kind}")
        ids = list(WebhookEvent.objects.values_list("pk", flat=True))
        process_again(event_ids=ids)
        for event_id in reversed(ids):
            process_event(event_id=event_id, provider=self.gateway, at=timezone.now())

    def reconcile(self) -> None:
        """The sweep looks up what nobody told."""
        reconcile_attempts(provider=self.gateway, at=timezone.now() + timedelta(minutes=11))

    def _expire(self, session_id: str) -> None:
        with self.fake.book.lock:
            expire(self.fake.book, self.fake.book.get("checkout.session", session_id))

    def _on_the_page(self, status: str, act: Callable[[str], object]) -> None:
        for session in sessions(self.fake):
            if session["status"] == status:
                act(session["id"])
                return

    def _settle(self, *, succeeded: bool) -> None:
        for session in sessions(self.fake):
            if session["status"] == "complete" and session["payment_status"] == "unpaid":
                with suppress(ValueError):
                    self.fake.order("settle", session=session["id"], succeeded=succeeded)


STEPS = [
    Story.ask,
    Story.ask,
    Story.ask_in_vain,
    Story.pay,
    Story.pay,
    Story.pay_slowly,
    Story.bank_says_yes,
    Story.bank_says_no,
    Story.close_page,
    Story.pay_at_the_counter,
    Story.hear,
    Story.reconcile,
]


def _balance(account: AccountCode) -> int:
    return sum(Posting.objects.filter(account__code=account).values_list("amount_minor", flat=True))


@pytest.mark.parametrize("seed", range(12))
def test_paid_at_the_provider_is_paid_in_the_ledger(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, seed: int
) -> None:
    story = Story(bill, payer, gateway, stripe_fake)
    for step in Random(seed).choices(STEPS, k=20):  # noqa: S311 - a story, no secret
        step(story)
    story.hear()
    story.reconcile()

    paid = [s["amount_total"] for s in sessions(stripe_fake) if s["payment_status"] == "paid"]
    surplus = max(0, sum(paid) + story.counter_minor - bill.total_minor)
    assert _balance(AccountCode.PROVIDER_CLEARING) == sum(paid)
    assert JournalEntry.objects.filter(key__startswith="payment-", kind="payment").count() == len(paid)
    assert PaymentAttempt.objects.filter(state="paid").count() == len(paid)
    assert owed_minor(bill) == bill.total_minor - sum(paid) - story.counter_minor + surplus
    assert _balance(AccountCode.CUSTOMER_CREDIT) == -surplus

"""The gateway against the fake, through the real SDK: what it asks, what it understands, how it fails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from billing.fakestripe.server import FakeStripe
from billing.payments.provider import (
    CheckoutOrder,
    CheckoutStatus,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import sessions


def _order(
    *, minor: int = 12345, currency: str = "CNY", key: str = "payment-1", locale: str = "zh-hans"
) -> CheckoutOrder:
    return CheckoutOrder(
        key=key,
        attempt_id="a-1",
        amount_minor=minor,
        currency=currency,
        title="采暖费",
        reference="2026-000001",
        locale=locale,
        success_url="http://127.0.0.1:8000/pay/return?sid={CHECKOUT_SESSION_ID}",
        cancel_url="http://127.0.0.1:8000/bills/1",
        expires_at=datetime.now(UTC) + timedelta(hours=1),
    )


def test_a_checkout_says_what_was_ordered(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    checkout = gateway.start(_order())

    (session,) = sessions(stripe_fake)
    assert checkout.status is CheckoutStatus.OPEN
    assert (checkout.session_id, checkout.url) == (session["id"], session["url"])
    assert (checkout.amount_minor, checkout.currency, checkout.attempt_id) == (12345, "CNY", "a-1")
    assert checkout.payment_id == ""


def test_residents_pay_the_bills_own_currency(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    gateway.start(_order())

    assert sessions(stripe_fake)[0]["adaptive_pricing"] == {"enabled": False}


@pytest.mark.parametrize(("locale", "spelling"), [("en", "en"), ("zh-hans", "zh"), ("tlh", "auto")])
def test_a_language_is_spelt_as_stripe_does(
    gateway: StripeGateway, stripe_fake: FakeStripe, locale: str, spelling: str
) -> None:
    gateway.start(_order(locale=locale))

    assert sessions(stripe_fake)[0]["locale"] == spelling


def test_yuan_are_paid_by_card_and_the_two_wallets_other_money_as_stripe_chooses(
    gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    gateway.start(_order())
    gateway.start(_order(currency="SEK", key="payment-2"))

    allowed = [session["allowed_payment_method_types"] for session in sessions(stripe_fake)]
    assert allowed == [None, ["card", "alipay", "wechat_pay"]]


def test_the_same_order_opens_one_page(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    order = _order()

    assert gateway.start(order) == gateway.start(order)
    assert len(sessions(stripe_fake)) == 1


def test_another_order_under_the_same_key_is_refused(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    gateway.start(_order())

    with pytest.raises(ProviderRefusedError, match="same parameters"):
        gateway.start(_order(minor=500))
    assert len(sessions(stripe_fake)) == 1


def test_one_lost_answer_is_asked_for_again_unnoticed(
    gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["lost"])

    assert gateway.start(_order()).status is CheckoutStatus.OPEN
    assert len(sessions(stripe_fake)) == 1


@pytest.mark.parametrize("fault", ["lost", "crash", "limit"])
def test_a_provider_in_trouble_is_unavailable_not_refusing(
    gateway: StripeGateway, stripe_fake: FakeStripe, fault: str
) -> None:
    stripe_fake.order("answers", next=[fault] * 3)

    with pytest.raises(ProviderUnavailableError):
        gateway.start(_order())


def test_nobody_at_the_address_and_a_wrong_key_leave_the_order_open(stripe_fake: FakeStripe) -> None:
    nobody = StripeGateway(secret_key="sk_test_x", api_base="http://127.0.0.1:9")
    stranger = StripeGateway(secret_key="sk_test_x", api_base=stripe_fake.base_url)

    for gateway in (nobody, stranger):
        with pytest.raises(ProviderUnavailableError):
            gateway.start(_order())
        gateway.close()
    assert sessions(stripe_fake) == []


def test_how_a_page_stands_follows_the_money(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    paid, slow, failed, expired = (gateway.start(_order(key=f"payment-{n}")).session_id for n in range(4))
    stripe_fake.order("pay", session=paid)
    stripe_fake.order("pay", session=slow, slowly=True)
    stripe_fake.order("pay", session=failed, slowly=True)
    stripe_fake.order("settle", session=failed, succeeded=False)

    assert gateway.expire(expired).status is CheckoutStatus.EXPIRED
    stand = [gateway.fetch(ident).status for ident in (paid, slow, failed, expired)]

    assert stand == [
        CheckoutStatus.PAID,
        CheckoutStatus.PROCESSING,
        CheckoutStatus.FAILED,
        CheckoutStatus.EXPIRED,
    ]
    assert gateway.fetch(paid).payment_id.startswith("pi_")


def test_a_page_paid_before_it_could_be_closed_says_so(
    gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    session_id = gateway.start(_order()).session_id
    stripe_fake.order("pay", session=session_id)

    assert gateway.expire(session_id).status is CheckoutStatus.PAID
    with pytest.raises(ProviderRefusedError, match=r"No such checkout\.session"):
        gateway.expire("cs_test_none")

"""The hosted page as a browser gets it."""

from __future__ import annotations

import pytest
import stripe

from billing.fakestripe.page import Card, money
from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import browse, order

CARD = {"method": "card", "cardNumber": "4242 4242 4242 4242", "cardExpiry": "12 / 34", "cardCvc": "123"}


def _open(client: stripe.StripeClient, **changes: object) -> stripe.checkout.Session:
    return client.v1.checkout.sessions.create(params=order(**changes))


def _address(session: stripe.checkout.Session) -> str:
    assert session.url is not None
    return session.url


def test_the_page_speaks_the_sessions_language_and_escapes_what_it_shows(client: stripe.StripeClient) -> None:
    response, text = browse(_address(_open(client)))

    assert response.status == 200
    assert '<html lang="zh-Hans">' in text
    assert "支付 ¥123.45" in text
    assert "采暖费 &lt;1&gt;" in text
    assert "Beijing &lt;Heat&gt;" in text
    assert "<1>" not in text
    assert 'href="http://127.0.0.1:9/bills/1?a=1&amp;b=2"' in text
    assert "script" not in text


@pytest.mark.parametrize(("language", "word"), [("en-GB", "Pay with"), ("zh-CN,zh;q=0.9", "支付方式")])
def test_without_a_locale_the_browsers_language_counts(
    client: stripe.StripeClient, language: str, word: str
) -> None:
    session = _open(client, locale="auto")

    assert word in browse(_address(session), language=language)[1]


def test_only_the_methods_offered_are_shown(client: stripe.StripeClient) -> None:
    text = browse(_address(_open(client, allowed_payment_method_types=["alipay"])))[1]

    assert 'value="alipay"' in text
    assert 'value="card"' not in text


def test_a_test_card_pays_and_leads_back_to_the_merchant(client: stripe.StripeClient) -> None:
    session = _open(client)

    response, _text = browse(_address(session), form=CARD)

    assert response.status == 303
    assert response.headers["Location"] == f"http://127.0.0.1:9/pay/return?sid={session.id}"
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cardNumber": "4000 0000 0000 0002"}, "Your card was declined."),
        ({"cardNumber": "4000 0000 0000 9995"}, "insufficient funds"),
        ({"cardNumber": "5555 5555 5555 4444"}, "no test card"),
        ({"cardNumber": "4242 4242 4242 4241"}, "Your card number is invalid."),
        ({"cardNumber": ""}, "Your card number is invalid."),
        ({"cardExpiry": "13 / 34"}, "expiry date"),
        ({"cardExpiry": "01 / 20"}, "expiry date"),
        ({"cardCvc": "12"}, "security code"),
        ({"method": "cash"}, "Your card was declined."),
    ],
)
def test_what_does_not_pay_says_why_and_may_be_tried_again(
    client: stripe.StripeClient, changes: dict[str, str], words: str
) -> None:
    session = _open(client, locale="en")

    response, text = browse(_address(session), form={**CARD, **changes})

    assert response.status == 402
    assert words in text
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert browse(_address(session), form=CARD)[0].status == 303


def test_a_paid_page_takes_nothing_twice(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session = _open(client, locale="en")
    browse(_address(session), form=CARD)
    before = fake.order("state")["objects"]["charge"]

    response, text = browse(_address(session), form=CARD)

    assert (response.status, before) == (200, 1)
    assert "This payment is complete." in text
    assert fake.order("state")["objects"]["charge"] == 1


def test_an_expired_page_says_so_and_leads_back(client: stripe.StripeClient) -> None:
    session = _open(client, locale="en")
    client.v1.checkout.sessions.expire(session.id)

    response, text = browse(_address(session))

    assert response.status == 410
    assert "has expired" in text
    assert 'href="http://127.0.0.1:9/bills/1' in text


def test_a_payment_on_the_page_can_be_made_a_slow_one(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session = _open(client)
    fake.order("slow", payments=1)

    assert browse(_address(session), form={"method": "alipay"})[0].status == 303

    seen = client.v1.checkout.sessions.retrieve(session.id)
    assert (seen.status, seen.payment_status) == ("complete", "unpaid")


def test_amounts_read_as_people_write_them() -> None:
    assert [money(123456, "cny"), money(5, "eur"), money(0, "sek")] == ["¥1,234.56", "€0.05", "kr 0.00"]


def test_a_card_is_good_to_the_end_of_its_month() -> None:
    card = Card(number="4242424242424242", expiry="11/26", cvc="123")

    assert card.fault(year=2026, month=11) == ""
    assert card.fault(year=2026, month=12) == "incomplete_expiry"

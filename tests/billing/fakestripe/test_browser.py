"""The hosted page in a real browser, at the size of a phone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
import stripe
from playwright.sync_api import Page, Route, expect, sync_playwright

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import order

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs chromium"),
]


def _merchants_page(route: Route) -> None:
    route.fulfill(body="back at the merchant's")


@pytest.fixture
def page() -> Iterator[Page]:
    """A phone's browser; the merchant's own addresses answer without a server."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.route("http://127.0.0.1:9/**", _merchants_page)
        yield page
        browser.close()


def _open(page: Page, client: stripe.StripeClient) -> stripe.checkout.Session:
    session = client.v1.checkout.sessions.create(params=order(locale="en"))
    page.goto(str(session.url))
    return session


def test_a_customer_pays_after_a_declined_card(page: Page, client: stripe.StripeClient) -> None:
    session = _open(page, client)
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")

    page.get_by_label("Card number").fill("4242 4242 4242 4242")
    page.get_by_role("button").click()

    page.wait_for_url(f"http://127.0.0.1:9/pay/return?sid={session.id}")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_wallet_hides_the_card_and_pays(page: Page, client: stripe.StripeClient) -> None:
    session = _open(page, client)
    expect(page.get_by_label("Card number")).to_be_visible()

    page.get_by_label("WeChat Pay").check()
    expect(page.get_by_label("Card number")).to_be_hidden()
    page.get_by_role("button").click()

    page.wait_for_url("**/pay/return?**")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_customer_may_go_back_without_paying(page: Page, client: stripe.StripeClient) -> None:
    session = _open(page, client)

    page.get_by_role("link", name="Cancel and go back").click()

    page.wait_for_url("http://127.0.0.1:9/bills/1?a=1&b=2")
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"


def test_nothing_is_wider_than_a_small_phone(
    page: Page, client: stripe.StripeClient, fake: FakeStripe
) -> None:
    fake.book.merchant = "A Rather Long Name of a District Heating Company"
    page.set_viewport_size({"width": 320, "height": 600})
    _open(page, client)

    assert page.evaluate("document.documentElement.scrollWidth") == 320

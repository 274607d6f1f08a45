"""What the customer does on the hosted page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs

from billing.fakestripe.book import Book, Json
from billing.fakestripe.checkout import expire_due
from billing.fakestripe.faults import Faults
from billing.fakestripe.money import CardDeclinedError, pay
from billing.fakestripe.page import Card, checkout_page, closed_page
from billing.fakestripe.saved import save_card
from billing.fakestripe.words import words_for


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """A page, or where to go instead."""

    status: int
    html: str = ""
    location: str = ""


def show(book: Book, ident: str, *, accept_language: str) -> PageAnswer:
    """The page of a session. The caller holds the book's lock, here and below."""
    expire_due(book)
    session = _session(book, ident)
    words = words_for(session["locale"] if session else None, accept_language)
    if session is None:
        return PageAnswer(HTTPStatus.NOT_FOUND, closed_page(book, words, reason="unknown"))
    if session["status"] == "open":
        return PageAnswer(HTTPStatus.OK, checkout_page(book, session, words))
    return _closed(book, session, words)


def submit(book: Book, faults: Faults, ident: str, *, form: str, accept_language: str) -> PageAnswer:
    """Try to pay as the form says: on to the merchant, or the page again with what is wrong."""
    expire_due(book)
    session = _session(book, ident)
    if session is None or session["status"] != "open":
        return show(book, ident, accept_language=accept_language)
    words = words_for(session["locale"], accept_language)
    fields = {name: values[-1] for name, values in parse_qs(form).items()}
    method = fields.get("method", "")
    fault = _pay(book, faults, session, fields=fields)
    if fault:
        html = checkout_page(book, session, words, fault=fault, method=method)
        return PageAnswer(HTTPStatus.PAYMENT_REQUIRED, html)
    return PageAnswer(HTTPStatus.SEE_OTHER, location=_success_url(session))


def _pay(book: Book, faults: Faults, session: Json, *, fields: dict[str, str]) -> str:
    """Pay; "" or what went wrong, as a key of the page's words."""
    method = fields.get("method", "")
    if method not in session["payment_method_types"]:
        return "generic_decline"
    card = Card(
        number=fields.get("cardNumber", "").replace(" ", ""),
        expiry=fields.get("cardExpiry", ""),
        cvc=fields.get("cardCvc", ""),
    )
    today = datetime.fromtimestamp(book.now(), tz=UTC)
    if method == "card" and (fault := card.fault(year=today.year, month=today.month)):
        return fault
    # The form is good; from here on it is the bank that decides.
    try:
        if session["mode"] == "setup":
            save_card(book, session, card_number=card.number)
            return ""
        pay(book, session, method=method, card_number=card.number, slowly=faults.take_slow_payment())
    except CardDeclinedError as declined:
        return declined.decline_code
    return ""


def _closed(book: Book, session: Json, words: dict[str, str]) -> PageAnswer:
    if session["status"] == "complete":
        page = closed_page(book, words, reason="complete", onward=_success_url(session))
        return PageAnswer(HTTPStatus.OK, page)
    page = closed_page(book, words, reason="expired", onward=session["cancel_url"] or "")
    return PageAnswer(HTTPStatus.GONE, page)


def _session(book: Book, ident: str) -> Json | None:
    thing = book.objects.get(ident)
    return thing if thing is not None and thing["object"] == "checkout.session" else None


def _success_url(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])

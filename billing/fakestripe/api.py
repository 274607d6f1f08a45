"""One API request from headers to answer: who asks, under which version and key, with which parameters."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from billing.fakestripe import forms, routes, schema
from billing.fakestripe.book import Book, Json
from billing.fakestripe.checkout import expire_due
from billing.fakestripe.events import API_VERSION
from billing.fakestripe.expand import expanded
from billing.fakestripe.idempotency import Answer, recall, remember
from billing.fakestripe.refusals import StripeRefusalError

LONGEST_KEY: Final = 255


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What came over the wire."""

    method: str
    path: str
    form: str  # the query of a GET or DELETE, the body of a POST
    headers: Mapping[str, str]


def answer(book: Book, request: ApiRequest, *, secret_key: str) -> Answer:
    """Do what is asked; refusals are answers too. The caller holds the book's lock."""
    try:
        _authenticate(request, secret_key=secret_key)
        _require_version(request)
        expire_due(book)
        key = _idempotency_key(request)
        asked: Json = {"method": request.method, "path": request.path, "form": forms.decode(request.form)}
        known = recall(book, key, request=asked) if key else None
        return known or _act(book, request, asked, key=key)
    except StripeRefusalError as refusal:
        return Answer(status=refusal.status, body=refusal.body)


def _act(book: Book, request: ApiRequest, asked: Json, *, key: str) -> Answer:
    try:
        given = _result(book, request, asked["form"])
    except StripeRefusalError as refusal:
        given = Answer(status=refusal.status, body=refusal.body)
        # Malformed requests leave their key free, as at Stripe.
        if not refusal.kept:
            return given
    if key:
        remember(book, key, request=asked, answer=given)
    return given


def _result(book: Book, request: ApiRequest, form: forms.Params) -> Answer:
    route, ident = routes.find(request.method, request.path)
    params = schema.checked(form, route.shape)
    thing = routes.act(book, route, ident, params=params)
    return Answer(status=HTTPStatus.OK, body=expanded(book, thing, params.get("expand", [])))


def _authenticate(request: ApiRequest, *, secret_key: str) -> None:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not given:
        message = (
            "You did not provide an API key. You need to provide your API key in the Authorization header, "
            "using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise StripeRefusalError(message, status=HTTPStatus.UNAUTHORIZED, kept=False)
    # Compared in constant time even here: copied code outlives its excuse.
    if not hmac.compare_digest(given.encode(), secret_key.encode()):
        masked = f"{given[:8]}{'*' * 8}{given[-4:]}"
        message = f"Invalid API Key provided: {masked}"
        raise StripeRefusalError(message, status=HTTPStatus.UNAUTHORIZED, kept=False)


def _require_version(request: ApiRequest) -> None:
    version = request.headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        message = f"Invalid Stripe API version: {version}. This fake speaks {API_VERSION} only."
        raise StripeRefusalError(message, kept=False)


def _idempotency_key(request: ApiRequest) -> str:
    key = request.headers.get("Idempotency-Key", "") if request.method == "POST" else ""
    if len(key) > LONGEST_KEY:
        raise StripeRefusalError("Idempotency keys can be at most 255 characters long.", kept=False)
    return key

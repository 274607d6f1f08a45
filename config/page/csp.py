"""What a browser may load and do on our pages: the Content-Security-Policy of every HTML answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER: Final = "Content-Security-Policy"
STRIPE_CHECKOUT: Final = "https://checkout.stripe.com"
# The desk's library evaluates expressions in attributes and writes its colours into the page.
DESK_PREFIX: Final = "/admin/"
# Swagger UI styles itself from its script; its code is served by us.
DOCS_PREFIX: Final = "/api/docs/"


class ContentSecurityMiddleware:
    """Adds the policy to HTML; everything comes from ourselves, and only the socket goes elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the policy of the surface."""
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response.setdefault(HEADER, policy(request.path))
        return response


def policy(path: str) -> str:
    """The policy of the page at ``path``: strict, a little wider for the desk and the API's docs."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {origin(settings.LIVE_URL)}",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        # Browsers apply it to redirects too, and a payment leaves for the hosted checkout.
        "form-action": f"'self' {checkout_origin()}",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    if path.startswith(DESK_PREFIX):
        rules |= {"script-src": "'self' 'unsafe-eval' 'unsafe-inline'", "style-src": "'self' 'unsafe-inline'"}
    elif path.startswith(DOCS_PREFIX):
        rules |= {"style-src": "'self' 'unsafe-inline'"}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def origin(url: str) -> str:
    """Scheme, host and port of ``url``."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def checkout_origin() -> str:
    """Where a resident pays: Stripe's hosted page, or the fake one of demo and tests."""
    return origin(settings.STRIPE_API_BASE) if settings.STRIPE_API_BASE else STRIPE_CHECKOUT

"""The provider that the settings name."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from billing.payments.guard import refuse_unsafe
from billing.payments.provider import PaymentProvider, ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway


def configured_provider() -> PaymentProvider:
    """The gateway of `settings.STRIPE_*`.

    Raises:
        UnsafeProviderError: a key and an address that must not meet.
        ProviderUnavailableError: no key is set, so nobody can pay online.
    """
    refuse_unsafe(secret_key=settings.STRIPE_SECRET_KEY, api_base=settings.STRIPE_API_BASE)
    if not settings.STRIPE_SECRET_KEY:
        raise ProviderUnavailableError("STRIPE_SECRET_KEY is not set.")
    return _gateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _gateway(secret_key: str, api_base: str) -> StripeGateway:
    """One client a configuration, so that connections are used again."""
    return StripeGateway(secret_key=secret_key, api_base=api_base)


def forget() -> None:
    """Close the connections of the gateway that the settings name; the next call makes another."""
    _gateway(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE).close()
    _gateway.cache_clear()

"""System checks of billing: dangerous payment settings stop the start."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from billing.payments.guard import UnsafeProviderError, refuse_unsafe


@register()
def no_test_meets_money(
    app_configs: Sequence[AppConfig] | None,
    **_options: Any,  # noqa: ANN401 - Django's signature
) -> list[CheckMessage]:
    """Report a live key pointed at a stand-in, or a stand-in that is not on this machine."""
    del app_configs  # the settings are the project's
    try:
        refuse_unsafe(secret_key=settings.STRIPE_SECRET_KEY, api_base=settings.STRIPE_API_BASE)
    except UnsafeProviderError as error:
        return [Error(str(error), id="billing.E001")]
    return []

"""System checks of the wall: a model without tenancy, or with an unscoped manager, stops the start."""

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, register
from django.db import models

from accounts.scope import TenantManager, TenantModel

OUR_APPS: Final = ("accounts", "metering", "billing", "comfort", "control")
# People and utilities stand above the wall; each of the others says why it does.
ABOVE_THE_WALL: Final = {
    "accounts.AccessToken",  # it is its owner's, wherever they live
    "accounts.Consent",  # a person's word, wherever they live
    "accounts.DataRequest",  # it is about a person, wherever they lived
    "accounts.NoticeChoice",  # a person's wishes, wherever they live
    "accounts.NoticeSettings",  # as above
    "accounts.PushSubscription",  # a browser is its person's
    "accounts.User",  # one person may live in the homes of two utilities
    "accounts.Utility",  # it is the wall's own name
    "metering.QuarantinedMessage",  # an unknown device belongs to nobody yet
    "metering.TelemetryTag",  # the vocabulary of plant signals is shared
    "billing.Payout",  # one payout serves every utility on the provider's account; its shares are theirs
    "billing.ProviderCursor",  # how far the provider's account has been read
    "billing.ProviderMovement",  # a line of the provider's account names no utility until it is matched
    "billing.WebhookEvent",  # a provider's event names no utility until it is read
}


@register()
def every_model_stands_behind_the_wall(
    app_configs: Sequence[AppConfig] | None,
    **_options: Any,  # noqa: ANN401 - Django's signature
) -> list[CheckMessage]:
    """Report every model of ours that queries could read without a utility in scope."""
    del app_configs  # the wall is checked whole or not at all
    models_of_ours = [m for m in apps.get_models() if m._meta.app_label in OUR_APPS]
    return [error for model in models_of_ours for error in _errors(model)]


def _errors(model: type[models.Model]) -> list[CheckMessage]:
    label = model._meta.label
    if label in ABOVE_THE_WALL:
        return []
    if not issubclass(model, TenantModel):
        return [Error(f"{label} has no utility: derive it from TenantModel.", obj=model, id="accounts.E001")]
    managers = (model._default_manager, model._base_manager)
    if not all(isinstance(manager, TenantManager) for manager in managers):
        hint = "Let its Meta derive from TenantModel.Meta and keep `objects` a TenantManager."
        return [Error(f"{label} can be queried past the wall.", hint=hint, obj=model, id="accounts.E002")]
    return []

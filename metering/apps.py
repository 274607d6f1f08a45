from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class MeteringConfig(AppConfig):
    """Keeps the vocabulary of plant signals in step with the code."""

    name = "metering"
    verbose_name = _("Metering")

    def ready(self) -> None:
        """Write the vocabulary after every migration, and after a test's flush."""
        post_migrate.connect(_write_vocabulary, sender=self)


def _write_vocabulary(*, using: str, apps: Any = None, **_rest: Any) -> None:  # noqa: ANN401 - Django's signal
    from django.apps import apps as today  # noqa: PLC0415 - only once all apps are loaded

    from metering.vocabulary import TAGS  # noqa: PLC0415 - as above

    try:
        model = (apps or today).get_model("metering", "TelemetryTag")
    except LookupError:  # the migrations stopped before this app
        return
    # What is there stays as it is: an operator may have widened a range.
    rows = [
        model(name=tag.name, unit=tag.unit, kind=tag.kind, low=tag.low, high=tag.high)
        for tag in TAGS.values()
    ]
    model._default_manager.using(using).bulk_create(rows, ignore_conflicts=True)

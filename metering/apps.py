from typing import Any

from django.apps import AppConfig
from django.core.management.color import no_style
from django.db import connections
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
    fields = {field.name for field in model._meta.get_fields()}  # an older migration knows fewer
    known = dict(model._default_manager.using(using).values_list("name", "id"))
    # What is there stays as it is: an operator may have widened a range. Numbers are given here, because
    # a key tried in vain is lost to its sequence, and a small one would run out.
    first = max(known.values(), default=0) + 1
    missing = [tag for tag in TAGS.values() if tag.name not in known]
    rows = []
    for number, tag in enumerate(missing, start=first):
        said = {"name": tag.name, "unit": tag.unit, "kind": tag.kind, "low": tag.low, "high": tag.high}
        said |= {name: limit for name, limit in tag.limits._asdict().items() if name in fields}
        rows.append(model(id=number, **said))
    # In portions: PostgreSQL in WASM goes down over a packet of them all.
    model._default_manager.using(using).bulk_create(rows, ignore_conflicts=True, batch_size=100)
    with connections[using].cursor() as cursor:
        for statement in connections[using].ops.sequence_reset_sql(no_style(), [model]):
            cursor.execute(statement)

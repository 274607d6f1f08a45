from typing import Any

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Registers the check that no tenant-owned model escapes the scope, lookups, what the audit needs."""

    name = "accounts"
    verbose_name = _("Network and people")

    def ready(self) -> None:
        """Import what registers itself; tell every connection who acts."""
        from accounts import audited, checks, lookups, told  # noqa: F401, PLC0415 - they need the app registry

        def tell(connection: Any, **_signal: Any) -> None:  # noqa: ANN401 - a signal's words
            told.tell_on(connection)

        connection_created.connect(tell, dispatch_uid="accounts.told", weak=False)
        post_migrate.connect(audited.set_triggers, sender=self, dispatch_uid="accounts.audited")

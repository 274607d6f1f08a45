from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Registers the check that no tenant-owned model escapes the scope, and the lookup of many keys."""

    name = "accounts"
    verbose_name = _("Network and people")

    def ready(self) -> None:
        """Import what registers itself."""
        from accounts import checks, lookups  # noqa: F401, PLC0415 - checks need the app registry

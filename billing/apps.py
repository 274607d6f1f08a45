from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    """Tariffs, invoices, the ledger, payments; registers the check of the payment settings."""

    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        """Import the system checks, which register themselves."""
        from billing import checks  # noqa: F401, PLC0415 - checks need the app registry

"""The desk's pages about billing."""

from billing.admin import invoices, ledger, payments, tariffs

__all__ = ["invoices", "ledger", "payments", "tariffs"]

"""The desk's pages about billing."""

from billing.admin import checks, invoices, ledger, payments, refunds, tariffs

__all__ = ["checks", "invoices", "ledger", "payments", "refunds", "tariffs"]

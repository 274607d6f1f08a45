"""The desk's pages about billing."""

from billing.admin import (
    bank,
    checks,
    dunning,
    invoices,
    ledger,
    money_checks,
    payments,
    printing,
    refunds,
    tariffs,
)

__all__ = [
    "bank",
    "checks",
    "dunning",
    "invoices",
    "ledger",
    "money_checks",
    "payments",
    "printing",
    "refunds",
    "tariffs",
]

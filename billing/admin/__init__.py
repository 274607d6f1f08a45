"""The desk's pages about billing."""

from billing.admin import (
    bank,
    checks,
    dunning,
    facts,
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
    "facts",
    "invoices",
    "ledger",
    "money_checks",
    "payments",
    "printing",
    "refunds",
    "tariffs",
]

"""One file a concept."""

from billing.models.invoice import Invoice, InvoiceLine, NumberSequence
from billing.models.ledger import JournalEntry, LedgerAccount, Posting
from billing.models.tariff import HeatingSeason, TariffComponent, TariffPlan, TariffVersion

__all__ = [
    "HeatingSeason",
    "Invoice",
    "InvoiceLine",
    "JournalEntry",
    "LedgerAccount",
    "NumberSequence",
    "Posting",
    "TariffComponent",
    "TariffPlan",
    "TariffVersion",
]

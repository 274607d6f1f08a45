"""One file a concept."""

from billing.models.check import DocumentCheck, DocumentFinding
from billing.models.invoice import Invoice, InvoiceLine, NumberSequence
from billing.models.ledger import JournalEntry, LedgerAccount, Posting
from billing.models.payment import PaymentAttempt, WebhookEvent
from billing.models.tariff import HeatingSeason, TariffComponent, TariffPlan, TariffVersion

__all__ = [
    "DocumentCheck",
    "DocumentFinding",
    "HeatingSeason",
    "Invoice",
    "InvoiceLine",
    "JournalEntry",
    "LedgerAccount",
    "NumberSequence",
    "PaymentAttempt",
    "Posting",
    "TariffComponent",
    "TariffPlan",
    "TariffVersion",
    "WebhookEvent",
]

"""One file a concept."""

from billing.models.bank import BankLine, BankMatch, BankStatement
from billing.models.check import DocumentCheck, DocumentFinding
from billing.models.clearing import Payout, PayoutShare, ProviderCursor, ProviderMovement
from billing.models.dispute import Dispute
from billing.models.dunning import DunningStep, Instalment, Letter, PaymentPlan
from billing.models.fact import BilledArea, ServiceFailure, SubscribedPower, Suspension
from billing.models.invoice import Invoice, InvoiceLine, NumberSequence
from billing.models.ledger import JournalEntry, LedgerAccount, Posting
from billing.models.mandate import PaymentMandate
from billing.models.money_check import MoneyCheck, MoneyFinding
from billing.models.payment import PaymentAttempt, WebhookEvent
from billing.models.printing import DegreeDays, FuelMix, Letterhead, PrintedDocument
from billing.models.refund import Refund
from billing.models.rules import PaymentRules
from billing.models.similar import SimilarGroup, SimilarMonth
from billing.models.tariff import (
    HeatingSeason,
    TariffComponent,
    TariffPlan,
    TariffVersion,
    TaxCategory,
    TaxRate,
)

__all__ = [
    "BankLine",
    "BankMatch",
    "BankStatement",
    "BilledArea",
    "DegreeDays",
    "Dispute",
    "DocumentCheck",
    "DocumentFinding",
    "DunningStep",
    "FuelMix",
    "HeatingSeason",
    "Instalment",
    "Invoice",
    "InvoiceLine",
    "JournalEntry",
    "LedgerAccount",
    "Letter",
    "Letterhead",
    "MoneyCheck",
    "MoneyFinding",
    "NumberSequence",
    "PaymentAttempt",
    "PaymentMandate",
    "PaymentPlan",
    "PaymentRules",
    "Payout",
    "PayoutShare",
    "Posting",
    "PrintedDocument",
    "ProviderCursor",
    "ProviderMovement",
    "Refund",
    "ServiceFailure",
    "SimilarGroup",
    "SimilarMonth",
    "SubscribedPower",
    "Suspension",
    "TariffComponent",
    "TariffPlan",
    "TariffVersion",
    "TaxCategory",
    "TaxRate",
    "WebhookEvent",
]

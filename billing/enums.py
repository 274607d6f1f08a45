"""The closed lists of this app that only the database and people see; the tariff's words are in ``terms``."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from billing.terms import (
    Banding,
    ComponentKind,
    During,
    EdgeOf,
    Factor,
    Per,
    Rounding,
    Settlement,
    Surplus,
    TaxBasis,
    Unit,
)

COMPONENT_KINDS = [
    (ComponentKind.FIXED.value, _("Standing charge")),
    (ComponentKind.AREA.value, _("Base fee by area")),
    (ComponentKind.ENERGY.value, _("Metered heat")),
    (ComponentKind.POWER.value, _("Subscribed power")),
    (ComponentKind.FLOW.value, _("Water flow")),
    (ComponentKind.COOLING.value, _("Cooling bonus or surcharge")),
    (ComponentKind.RETURN.value, _("Return temperature bonus or surcharge")),
    (ComponentKind.STANDBY.value, _("Standby fee while suspended")),
    (ComponentKind.OUTAGE.value, _("Refund for days without heat")),
    (ComponentKind.LATE.value, _("Late fee")),
    (ComponentKind.CAP.value, _("Cap by area")),
    (ComponentKind.MINIMUM.value, _("Minimum fee")),
    (ComponentKind.ADVANCE.value, _("Payment in advance")),
]
FACTORS = {
    Factor.PRICE: _("Prices and taxes"),
    Factor.WEATHER: _("Weather"),
    Factor.BASE: _("Area, power and days"),
    Factor.BEHAVIOUR: _("Heat used"),
    Factor.CORRECTION: _("Refunds and corrections"),
}
UNITS = [
    (Unit.HOME.value, _("home")),
    (Unit.M2.value, "m²"),
    (Unit.KW.value, "kW"),
    (Unit.M3.value, "m³"),
    (Unit.KWH.value, "kWh"),
    (Unit.MWH.value, "MWh"),
    (Unit.GJ.value, "GJ"),
    (Unit.PERCENT.value, "%"),
    (Unit.SUM.value, _("overdue sum")),
]
PERS = [
    (Per.QUANTITY.value, _("measured unit")),
    (Per.SEASON.value, _("heating season")),
    (Per.YEAR.value, _("year")),
    (Per.MONTH.value, _("month")),
    (Per.DAY.value, _("day")),
]
ROUNDINGS = [
    (Rounding.HALF_UP.value, _("half up")),
    (Rounding.HALF_EVEN.value, _("half to even")),
    (Rounding.HALF_DOWN.value, _("half down")),
    (Rounding.UP.value, _("always up")),
    (Rounding.DOWN.value, _("always down")),
]
TAX_BASES = [
    (TaxBasis.NET.value, _("before tax")),
    (TaxBasis.GROSS.value, _("tax included")),
]
DURINGS = [
    (During.HEATED.value, _("not while suspended")),
    (During.SUSPENDED.value, _("only while suspended")),
    (During.ALWAYS.value, _("always")),
]
BANDINGS = [
    (Banding.CHOOSE.value, _("chooses the homes this price is for")),
    (Banding.SLICE.value, _("cuts out the part of the quantity this price is for")),
]
EDGES_OF = [
    (EdgeOf.HOME.value, _("each home")),
    (EdgeOf.M2.value, _("each m²")),
]
SETTLEMENTS = [
    (Settlement.METERED.value, _("as metered, nothing in advance")),
    (Settlement.LOWER.value, _("in advance; the lower of the two is due")),
    (Settlement.BOTH_WAYS.value, _("in advance; settled both ways")),
]
SURPLUSES = [
    (Surplus.REFUND.value, _("refund")),
    (Surplus.CARRY_OVER.value, _("carried over to the next season")),
]


class TariffState(models.TextChoices):
    """A tariff version's life: written, then in force and frozen."""

    DRAFT = "draft", _("Draft")  # may be edited, rates nothing
    ACTIVE = "active", _("Active")  # rates every day of its validity; only its end may still be set


class PowerSource(models.TextChoices):
    """Where a subscribed power comes from."""

    AGREED = "agreed", _("Agreed in the contract")
    DAY = "day", _("Highest daily mean measured")
    HOUR = "hour", _("Highest hourly mean measured")
    SIGNATURE = "signature", _("From the energy signature")


class FailureCause(models.TextChoices):
    """Why heat that was owed was not, or not fully, there."""

    OUTAGE = "outage", _("Outage")
    LATE_START = "late_start", _("The season began late")
    COLD = "cold", _("Too cold in the home")


class InvoiceState(models.TextChoices):
    """A document's life. Paid, open and overdue are no states: the ledger answers them."""

    DRAFT = "draft", _("Draft")  # rated, not numbered; a new run replaces it
    ISSUED = "issued", _("Issued")  # numbered, posted, never changed


class InvoiceKind(models.TextChoices):
    """What a document is for: ``BILLS`` stand once a contract and day, ``CORRECTIONS`` correct them."""

    PERIOD = "period", _("Period")  # the heat and fees of a period that is over
    ADVANCE = "advance", _("Payment in advance")  # asked for before the season
    SETTLEMENT = "settlement", _("Season settlement")  # the season's bill less what was paid before it
    CREDIT = "credit", _("Credit note")  # takes back more than it adds
    DEBIT = "debit", _("Debit note")  # adds more than it takes back


class CorrectionCause(models.TextChoices):
    """Why a document corrects another."""

    REPLAY = "replay", _("The facts changed")  # a late reading, another price or area: rated anew
    AGREED = "agreed", _("Agreed with the customer")  # given freely; rating anew still gives the old amount
    CANCELLED = "cancelled", _("Cancelled")  # wholly taken back; the days may be billed again


class FindingKind(models.TextChoices):
    """What the nightly check found about a document."""

    DIFFERS = "differs", _("Would be another amount today")  # a correction is due
    UNRATED = "unrated", _("Cannot be rated anew")  # the facts it was made from are no longer complete
    BROKEN = "broken", _("Its proof does not hold")  # changed past every operation, or wrongly computed


class AccountCode(models.TextChoices):
    """The accounts of a utility's ledger. A debit is positive, a credit negative."""

    RECEIVABLE = "receivable", _("Receivables")  # what residents owe, by invoice
    REVENUE = "revenue", _("Heat revenue")
    TAX = "tax", _("Tax payable")
    PROVIDER_CLEARING = "provider_clearing", _("Payment provider clearing")  # paid, not yet in the bank
    PROVIDER_FEES = "provider_fees", _("Payment provider fees")
    BANK = "bank", _("Bank")
    CUSTOMER_CREDIT = "customer_credit", _("Customer credit")  # received beyond what was owed
    PREPAID = "prepaid", _("Paid in advance")  # received for heat that is still to come
    REFUNDS_DUE = "refunds_due", _("Refunds due")  # to be given back, not yet gone
    DISPUTED = "disputed", _("Disputed payments")  # taken back by a bank, not yet decided
    SUSPENSE = "suspense", _("Suspense")  # received, and not yet understood


class EntryKind(models.TextChoices):
    """Why a journal entry was made."""

    INVOICE = "invoice", _("Invoice issued")
    PAYMENT = "payment", _("Payment received")
    REFUND = "refund", _("Refund")
    DISPUTE = "dispute", _("Dispute")
    PAYOUT = "payout", _("Payout")
    FEE = "fee", _("Provider fee")
    CORRECTION = "correction", _("Correction")
    CREDIT = "credit", _("Credit applied")


class Standing(models.TextChoices):
    """How an issued invoice stands on a day: a projection of the ledger, never stored."""

    OPEN = "open", _("To pay")
    PARTLY_PAID = "partly_paid", _("Partly paid")
    OVERDUE = "overdue", _("Overdue")  # something is still owed and the due day is over
    PAID = "paid", _("Paid")


class SkipReason(models.TextChoices):
    """Why a billing run drew up no invoice for a home."""

    ALREADY_BILLED = "already_billed", _("Some of these days are on another invoice")
    NO_TARIFF = "no_tariff", _("No active tariff covers every day")
    NO_SEASON = "no_season", _("A seasonal price, and no heating season is entered for the period")
    NO_READINGS = "no_readings", _("No meter readings at the start and end of the period")
    MISSING_FACT = "missing_fact", _("A price is for something nobody knows of the home")
    BACKWARDS = "backwards", _("The register ran backwards")
    NOTHING_TO_CHARGE = "nothing_to_charge", _("The tariff charges nothing in the period")


class AttemptState(models.TextChoices):
    """One try to pay an invoice online. States only ever go forward (`ATTEMPT_RANK`); money beats all."""

    CREATING = "creating", _("Being started")  # written down; the provider has not answered yet
    OPEN = "open", _("Waiting for the customer")  # the checkout page may be paid
    PROCESSING = "processing", _("Waiting for the bank")  # confirmed by the customer, money under way
    EXPIRED = "expired", _("Expired")  # nobody paid in time, or the amount changed
    FAILED = "failed", _("Failed")  # the bank said no in the end
    REFUSED = "refused", _("Refused")  # the provider would not start it
    PAID = "paid", _("Paid")  # money received and posted


class RefundState(models.TextChoices):
    """Money on its way back to a customer. States only ever go forward (`REFUND_RANK`)."""

    REQUESTED = "requested", _("Waits for a second person")
    APPROVED = "approved", _("To be sent")  # booked as due; the provider has not heard of it, or not answered
    PENDING = "pending", _("Waiting for the bank")
    SUCCEEDED = "succeeded", _("Paid back")
    FAILED = "failed", _("Failed")  # even after it had succeeded: the customer's bank may send it back
    REJECTED = "rejected", _("Rejected")  # the second person said no


class RefundReason(models.TextChoices):
    """Why money goes back."""

    CREDIT = "credit", _("The customer holds a credit")  # a credit note, or paid too much
    GOODWILL = "goodwill", _("Goodwill")
    DUPLICATE = "duplicate", _("Paid twice")
    EXTERNAL = "external", _("Started at the payment provider")


class DisputeState(models.TextChoices):
    """How far a cardholder's objection is."""

    INQUIRY = "inquiry", _("Inquiry")  # the bank asks; no money has moved
    OPEN = "open", _("Open")  # the bank took the money; it is ours or theirs when decided
    WON = "won", _("Won")
    LOST = "lost", _("Lost")  # the bill is owed again
    CLOSED = "closed", _("Closed without a claim")


class DunningTone(models.TextChoices):
    """How a reminder speaks."""

    FIRST = "first", _("Friendly reminder")
    SECOND = "second", _("Second reminder")
    FINAL = "final", _("Last reminder")


class LetterKind(models.TextChoices):
    """What a letter about money says; the reminders are the tones of dunning."""

    FIRST = "first", _("Friendly reminder")
    SECOND = "second", _("Second reminder")
    FINAL = "final", _("Last reminder")
    PLAN = "plan", _("Instalments agreed")
    BROKEN = "broken", _("Instalments ended")
    AUTOPAY = "autopay", _("Automatic payment failed")


class MandateState(models.TextChoices):
    """How far a resident's leave to charge a card is."""

    PENDING = "pending", _("Card not saved yet")
    ACTIVE = "active", _("In force")
    ENDED = "ended", _("Ended")


class MoneyFindingKind(models.TextChoices):
    """What two of ledger, provider and documents do not agree on."""

    PAYMENT = "payment", _("A payment, with its refunds and disputes")  # ledger and provider
    DOCUMENT = "document", _("A document")  # ledger and documents
    CLEARING = "clearing", _("The provider's account as a whole")  # ledger and provider


class BankLineState(models.TextChoices):
    """What became of a line of a bank statement."""

    OPEN = "open", _("To match")  # money came in, and nobody knows yet whose
    MATCHED = "matched", _("Matched")
    IGNORED = "ignored", _("Outgoing")  # money that went out


class EventState(models.TextChoices):
    """What became of a provider's event."""

    RECEIVED = "received", _("Received")  # stored, to be processed
    DONE = "done", _("Done")  # acted upon, or nothing was left to do
    IGNORED = "ignored", _("Ignored")  # of a type that changes nothing here
    ATTENTION = "attention", _("Needs attention")  # does not fit our books: for a clerk


ATTEMPT_RANK = {
    AttemptState.CREATING: 0,
    AttemptState.OPEN: 1,
    AttemptState.PROCESSING: 2,
    AttemptState.EXPIRED: 3,
    AttemptState.FAILED: 3,
    AttemptState.REFUSED: 3,
    AttemptState.PAID: 4,
}
REFUND_RANK = {
    RefundState.REQUESTED: 0,
    RefundState.APPROVED: 1,
    RefundState.PENDING: 2,
    RefundState.SUCCEEDED: 3,
    RefundState.FAILED: 4,
    RefundState.REJECTED: 4,
}
# What the sum of refunds of one payment counts: all that has not come to nothing.
LIVE_REFUNDS = (RefundState.REQUESTED, RefundState.APPROVED, RefundState.PENDING, RefundState.SUCCEEDED)
# An invoice has at most one of these: whoever pays it must not be able to pay it twice.
ACTIVE_ATTEMPTS = (AttemptState.CREATING, AttemptState.OPEN, AttemptState.PROCESSING)
# The kinds of which no day of a contract is ever on two that are in force.
BILLS = (InvoiceKind.PERIOD, InvoiceKind.ADVANCE, InvoiceKind.SETTLEMENT)
CORRECTIONS = (InvoiceKind.CREDIT, InvoiceKind.DEBIT)

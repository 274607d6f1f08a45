"""Invoices and their lines as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.enums import MINOR_DIGITS, Currency
from billing.enums import COMPONENT_KINDS, UNITS, InvoiceKind, Standing
from billing.formulas import Json
from billing.models import Invoice, InvoiceLine
from billing.queries.balance import standing
from billing.rating.lines import plain
from config.api.money import Money, MoneySerializer, money
from metering.enums import Quality

if TYPE_CHECKING:
    from billing.queries.invoices import Owing


def in_major(minor: int, currency: str) -> Money:
    """Minor units on the wire, with the digits of their currency."""
    return money(minor, currency, digits=MINOR_DIGITS[Currency(currency)])


class InvoiceSerializer(serializers.Serializer[Any]):
    """An issued invoice with what is still owed. `context` carries `today`, the utility's local day."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    kind = serializers.ChoiceField(choices=InvoiceKind.choices)
    period_start = serializers.DateField(help_text="The first day billed.")
    period_end = serializers.DateField(help_text="The day after the last day billed.")
    issued_at = serializers.DateTimeField()
    due_on = serializers.DateField()
    net = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()
    owed = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField()

    @extend_schema_field(MoneySerializer)
    def get_net(self, invoice: Invoice) -> Money:
        return in_major(invoice.net_minor, invoice.currency)

    @extend_schema_field(MoneySerializer)
    def get_tax(self, invoice: Invoice) -> Money:
        return in_major(invoice.tax_minor, invoice.currency)

    @extend_schema_field(MoneySerializer)
    def get_total(self, invoice: Invoice) -> Money:
        return in_major(invoice.total_minor, invoice.currency)

    @extend_schema_field(MoneySerializer)
    def get_owed(self, invoice: Owing) -> Money:
        """What is still to be paid; never below nothing."""
        return in_major(max(0, invoice.owed_minor), invoice.currency)

    @extend_schema_field(serializers.ChoiceField(choices=Standing.choices))
    def get_standing(self, invoice: Owing) -> str:
        return standing(invoice, owed_minor=invoice.owed_minor, on=self.context["today"]).value


class LineSerializer(serializers.Serializer[InvoiceLine]):
    """One charge. `context` carries the invoice's `currency`."""

    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=COMPONENT_KINDS)
    description = serializers.CharField()
    period_start = serializers.DateField()
    period_end = serializers.DateField()
    quantity = serializers.SerializerMethodField()
    unit = serializers.ChoiceField(choices=UNITS)
    unit_price = serializers.SerializerMethodField()
    formula = serializers.CharField()
    quality = serializers.ChoiceField(
        choices=Quality.choices, allow_blank=True, help_text="Empty where nothing was metered."
    )
    tax_rate = serializers.SerializerMethodField()
    net = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()

    def get_quantity(self, line: InvoiceLine) -> str:
        return plain(line.quantity)

    def get_unit_price(self, line: InvoiceLine) -> str:
        return plain(line.unit_price)

    def get_tax_rate(self, line: InvoiceLine) -> str:
        return plain(line.tax_rate)

    @extend_schema_field(MoneySerializer)
    def get_net(self, line: InvoiceLine) -> Money:
        return in_major(line.net_minor, self.context["currency"])

    @extend_schema_field(MoneySerializer)
    def get_tax(self, line: InvoiceLine) -> Money:
        return in_major(line.tax_minor, self.context["currency"])


class ParticularsSerializer(serializers.Serializer[Json]):
    """What is printed, as it was on the day of issue."""

    class _Seller(serializers.Serializer[Json]):
        name = serializers.CharField()

    class _Customer(serializers.Serializer[Json]):
        name = serializers.CharField()
        number = serializers.CharField()

    class _Home(serializers.Serializer[Json]):
        address = serializers.CharField()
        building = serializers.CharField()
        flat = serializers.CharField()
        floor_area_m2 = serializers.CharField()

    class _Tariff(serializers.Serializer[Json]):
        name = serializers.CharField()
        text = serializers.CharField()

    seller = _Seller()
    customer = _Customer()
    home = _Home()
    tariffs = _Tariff(many=True)


class InvoiceDetailSerializer(InvoiceSerializer):
    """An invoice with its lines and everything printed."""

    particulars = ParticularsSerializer(source="snapshot")
    lines = LineSerializer(many=True)


class ProofSerializer(serializers.Serializer[Json]):
    """How a document was computed, and whether computing it again just now gives the same."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    holds = serializers.BooleanField(help_text="Whether lines, sums and digests are what the proof gives.")
    faults = serializers.ListField(
        child=serializers.CharField(), help_text="What does not hold, in sentences."
    )
    proof = serializers.DictField(
        help_text=(
            "The document with every line's registers, days, prices and rounding. A line's `sha256` is over "
            "its canonical JSON (keys sorted, no blanks, UTF-8) without that key; the document's is over "
            "everything else, each line standing as its digest. `previous_sha256` is that of the document "
            "before it in its series."
        )
    )

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
from billing.rating.trace import holds
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


class LineProofSerializer(serializers.Serializer[InvoiceLine]):
    """A line and all it was computed from: registers, days, prices, tariff version, rounding."""

    position = serializers.IntegerField()
    description = serializers.CharField()
    formula = serializers.CharField()
    net = serializers.SerializerMethodField()
    tax = serializers.SerializerMethodField()
    trace = serializers.JSONField()
    recomputed = serializers.SerializerMethodField()

    @extend_schema_field(MoneySerializer)
    def get_net(self, line: InvoiceLine) -> Money:
        return in_major(line.net_minor, self.context["currency"])

    @extend_schema_field(MoneySerializer)
    def get_tax(self, line: InvoiceLine) -> Money:
        return in_major(line.tax_minor, self.context["currency"])

    def get_recomputed(self, line: InvoiceLine) -> bool:
        """Whether the trace, computed again just now, gives the amounts billed."""
        return holds(line.trace, net_minor=line.net_minor, tax_minor=line.tax_minor)


class ProofSerializer(serializers.Serializer[Invoice]):
    """How every line of an invoice was computed."""

    id = serializers.IntegerField()
    number = serializers.CharField()
    lines = LineProofSerializer(many=True)

"""Makers for billing: a tariff in force, a home with contract, meter and registers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

from accounts.enums import CustomerClass
from accounts.models import Contract, Utility
from accounts.period import Period, local_midnight
from accounts.scope import current_utility_id
from billing.models import TariffPlan, TariffVersion
from billing.operations.drafts import draft_invoices
from billing.operations.invoices import issue_invoices
from billing.operations.tariffs import (
    NewComponent,
    activate_version,
    draft_version,
    enter_season,
    found_plan,
)
from billing.terms import ComponentKind, Per, Rounding, Unit
from metering.enums import DeviceKind
from metering.models import Device, Installation, Reading
from tests import factories

SEASON = Period(date(2025, 11, 15), date(2026, 3, 15))
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
# The morning after January, when its bills may be made.
AFTER_JANUARY = datetime(2026, 2, 1, 1, tzinfo=UTC)
REGISTERS = {date(2025, 11, 15): 0, date(2026, 1, 1): 2_000_000, date(2026, 2, 1): 3_000_000}
_serials = count(41_000_001)

AREA = NewComponent(
    name="Base fee",
    kind=ComponentKind.AREA,
    unit=Unit.M2,
    per=Per.SEASON,
    price=Decimal(12),
    tax_rate=Decimal("0.09"),
)
ENERGY = NewComponent(
    name="Metered heat",
    kind=ComponentKind.ENERGY,
    unit=Unit.KWH,
    per=Per.QUANTITY,
    price=Decimal("0.16"),
    tax_rate=Decimal("0.09"),
)


def a_plan(*, customer_class: CustomerClass = CustomerClass.RESIDENTIAL) -> TariffPlan:
    """A plan without versions."""
    return found_plan(name="Two-part heat tariff", customer_class=customer_class)


def a_version(
    *,
    plan: TariffPlan,
    starts_on: date = SEASON.start,
    components: Sequence[NewComponent] = (AREA, ENERGY),
    rounding: Rounding = Rounding.HALF_UP,
) -> TariffVersion:
    """A draft version, Beijing's two parts with 9 % tax unless told otherwise."""
    return draft_version(
        plan=plan,
        starts_on=starts_on,
        components=components,
        text="Price decree of 2025",
        rounding=rounding,
    )


def a_tariff(*, components: Sequence[NewComponent] = (AREA, ENERGY)) -> TariffVersion:
    """A tariff in force since the season began, and the season entered."""
    enter_season(starts_on=SEASON.start, ends_on=date(2026, 3, 15))
    return activate_version(version=a_version(plan=a_plan(), components=components))


def a_meter(*, contract: Contract, registers_wh: Mapping[date, int] | None = None) -> Device:
    """A meter that hung in the home since the contract began, read at the local midnights given."""
    zone = Utility.objects.get(pk=current_utility_id()).zone
    meter = Device.objects.create(kind=DeviceKind.HEAT_METER, serial=str(next(_serials)))
    Installation.objects.create(
        device=meter,
        household=contract.household,
        starts_at=local_midnight(contract.starts_on, zone),
    )
    registers = REGISTERS if registers_wh is None else registers_wh
    Reading.objects.bulk_create(
        Reading(
            device=meter,
            measured_at=local_midnight(day, zone),
            energy_wh=energy_wh,
            received_at=local_midnight(day, zone) + timedelta(seconds=1),
        )
        for day, energy_wh in registers.items()
    )
    return meter


def a_customer(
    *, floor_area_m2: Decimal = Decimal(100), registers_wh: Mapping[date, int] | None = None
) -> Contract:
    """A home of 100 m² with a contract and a read meter: 1,000 kWh in January unless told otherwise."""
    household = factories.a_household(floor_area_m2=floor_area_m2)
    contract = factories.a_contract(household=household)
    a_meter(contract=contract, registers_wh=registers_wh)
    return contract


def a_draft(*, contract: Contract, period: Period[date] = JANUARY, at: datetime = AFTER_JANUARY) -> int:
    """The key of a draft bill."""
    return draft_invoices(contract_ids=[contract.pk], period=period, at=at).invoices[0].pk


def a_bill(*, contract: Contract, period: Period[date] = JANUARY, at: datetime = AFTER_JANUARY) -> int:
    """The key of an issued bill."""
    (invoice,) = issue_invoices(invoice_ids=[a_draft(contract=contract, period=period, at=at)], at=at)
    return invoice.pk

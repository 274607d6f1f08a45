"""Facts of homes from the database: each changes the bill from its day on, and what asks for it is billed."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Contract, Utility
from accounts.period import Period, local_midnight
from billing.enums import FailureCause
from billing.facts import Incentive
from billing.models import (
    BilledArea,
    InvoiceLine,
    ServiceFailure,
    SubscribedPower,
    Suspension,
    TaxCategory,
    TaxRate,
)
from billing.operations.tariffs import NewComponent
from billing.terms import ComponentKind, During, Per, Unit
from metering.models import Reading
from tests.billing.factories import AREA, ENERGY, JANUARY, a_bill, a_customer, a_draft, a_meter, a_tariff
from tests.factories import a_contract, a_household

MID_JANUARY = date(2026, 1, 11)


def _formulas(invoice_id: int) -> list[str]:
    return list(InvoiceLine.objects.filter(invoice=invoice_id).values_list("formula", flat=True))


def _new(
    kind: ComponentKind, price: str, *, unit: Unit, per: Per = Per.QUANTITY, **terms: object
) -> NewComponent:
    return NewComponent(
        name=kind.value,
        kind=kind,
        unit=unit,
        per=per,
        price=Decimal(price),
        **terms,  # type: ignore[arg-type]  # as the fields are
    )


POWER = _new(ComponentKind.POWER, "600", unit=Unit.KW, per=Per.YEAR)


@pytest.mark.usefixtures("scoped")
def test_subscribed_power_is_charged_as_it_was_on_each_day() -> None:
    a_tariff(components=(POWER,))
    contract = a_customer()
    SubscribedPower.objects.create(
        household=contract.household, starts_on=date(2025, 10, 1), ends_on=MID_JANUARY, power_kw=Decimal(8)
    )
    SubscribedPower.objects.create(household=contract.household, starts_on=MID_JANUARY, power_kw=Decimal(10))

    assert _formulas(a_draft(contract=contract)) == [
        "8 kW × 600 CNY/kW × 10 d / 365 d = 131.51 CNY",
        "10 kW × 600 CNY/kW × 21 d / 365 d = 345.21 CNY",
    ]


@pytest.mark.usefixtures("scoped")
def test_a_corrected_area_counts_from_its_day_and_high_rooms_by_their_factor() -> None:
    a_tariff()
    contract = a_customer()
    BilledArea.objects.create(
        household=contract.household,
        starts_on=MID_JANUARY,
        floor_area_m2=Decimal(90),
        factor=Decimal("1.2"),
    )
    formulas = _formulas(a_draft(contract=contract))

    assert formulas[0].startswith("100 m² × 12 CNY/m² × 10 d / 120 d")
    assert formulas[2].startswith("108 m² × 12 CNY/m² × 21 d / 120 d")


@pytest.mark.usefixtures("scoped")
def test_suspended_days_pay_standby_and_failed_days_come_back() -> None:
    standby = _new(
        ComponentKind.STANDBY,
        "12",
        unit=Unit.M2,
        per=Per.SEASON,
        factor=Decimal("0.3"),
        during=During.SUSPENDED,
    )
    refund = _new(ComponentKind.OUTAGE, "12", unit=Unit.M2, per=Per.SEASON)
    a_tariff(components=(AREA, standby, refund))
    contract = a_customer()
    Suspension.objects.create(
        contract=contract, starts_on=MID_JANUARY, ends_on=date(2026, 1, 21), agreed_on=date(2025, 10, 1)
    )
    ServiceFailure.objects.create(
        household=contract.household,
        cause=FailureCause.OUTAGE,
        starts_on=date(2026, 1, 2),
        ends_on=date(2026, 1, 4),
        ratio=Decimal("0.5"),
    )

    assert _formulas(a_draft(contract=contract)) == [
        "100 m² × 12 CNY/m² × (10 d / 120 d + 11 d / 120 d) = 210.00 CNY",
        "100 m² × 0.3 × 12 CNY/m² × 10 d / 120 d = 30.00 CNY",
        "−100 m² × 12 CNY/m² × 2 d / 120 d × 0.5 = -10.00 CNY",
    ]


@pytest.mark.usefixtures("scoped")
def test_what_is_overdue_costs_by_the_day_it_is_overdue() -> None:
    late = _new(ComponentKind.LATE, "0.002", unit=Unit.SUM, per=Per.DAY)
    a_tariff(components=(AREA, ENERGY, late))
    contract = a_customer(
        registers_wh={date(2025, 11, 15): 0, date(2026, 1, 1): 0, date(2026, 2, 1): 0, date(2026, 3, 15): 0}
    )
    a_bill(contract=contract)
    after = local_midnight(date(2026, 3, 16), contract.utility.zone)
    rest = Period(date(2026, 2, 1), date(2026, 3, 15))

    # 310.00 and tax are due on 3 March, and overdue from the 4th until the 15th.
    assert _formulas(a_draft(contract=contract, period=rest, at=after))[-1] == (
        "337.9 CNY × 0.002 × 11 d = 7.43 CNY"
    )


def _wet_customer() -> Contract:
    """2,000 kWh and 50 m³ in January at 60/40 and then 30 m³ at 70/36."""
    contract = a_contract(household=a_household(floor_area_m2=Decimal(100)))
    meter = a_meter(contract=contract, registers_wh={})
    zone = contract.utility.zone
    rows = [
        (JANUARY.start, 0, 0, 55.0, 45.0),
        (MID_JANUARY, 1_000_000, 20_000, 60.0, 40.0),
        (date(2026, 2, 1), 2_000_000, 50_000, 70.0, 36.0),
    ]
    Reading.objects.bulk_create(
        Reading(
            device=meter,
            measured_at=local_midnight(day, zone),
            energy_wh=energy_wh,
            volume_l=volume_l,
            supply_c=supply_c,
            return_c=return_c,
            received_at=local_midnight(day, zone) + timedelta(seconds=1),
        )
        for day, energy_wh, volume_l, supply_c, return_c in rows
    )
    return contract


@pytest.mark.usefixtures("scoped")
def test_water_and_its_cooling_are_billed_from_the_readings() -> None:
    flow = _new(ComponentKind.FLOW, "3.88", unit=Unit.M3)
    # 2 MWh in 50 m³ are 34.4 °C; 32 are asked for.
    cooling = _new(
        ComponentKind.COOLING,
        "5",
        unit=Unit.MWH,
        incentive=Incentive(target_c=Decimal(32), bonus=Decimal(4)),
    )
    a_tariff(components=(ENERGY, flow, cooling))
    formulas = _formulas(a_draft(contract=_wet_customer()))

    assert formulas[1:] == [
        "50 m³ × 3.88 CNY/m³ = 194.00 CNY",
        "2 MWh × 4 CNY/MWh × -2.4 °C = -19.20 CNY",
    ]


@pytest.mark.usefixtures("scoped")
def test_the_return_counts_as_warm_as_the_water_carried_it() -> None:
    # (20 m³ at 40 + 30 m³ at 36) / 50 = 37.6 °C, where 36 are expected.
    back = _new(
        ComponentKind.RETURN,
        "5",
        unit=Unit.MWH,
        incentive=Incentive(curve=((Decimal(60), Decimal(36)),)),
    )
    a_tariff(components=(ENERGY, back))

    assert _formulas(a_draft(contract=_wet_customer()))[1] == "2 MWh × 5 CNY/MWh × 1.6 °C = 16.00 CNY"


@pytest.mark.usefixtures("scoped")
def test_a_tax_rate_that_changes_within_a_bill_has_lines_before_and_after() -> None:
    category = TaxCategory.objects.create(name="Heat for homes")
    TaxRate.objects.create(
        category=category, starts_on=date(2020, 1, 1), ends_on=MID_JANUARY, rate=Decimal(0)
    )
    TaxRate.objects.create(category=category, starts_on=MID_JANUARY, rate=Decimal("0.09"))
    base = _new(ComponentKind.AREA, "12", unit=Unit.M2, per=Per.SEASON, tax_category=category)
    a_tariff(components=(base,))
    lines = InvoiceLine.objects.filter(invoice=a_draft(contract=a_customer()))

    assert list(lines.values_list("net_minor", "tax_rate", "tax_minor")) == [
        (10_000, Decimal("0.0000"), 0),
        (21_000, Decimal("0.0900"), 1_890),
    ]


@pytest.mark.usefixtures("scoped")
def test_no_two_facts_of_a_kind_hold_on_one_day(utility: Utility) -> None:
    contract = a_customer()
    home = contract.household
    for make in (
        lambda day: SubscribedPower.objects.create(household=home, starts_on=day, power_kw=Decimal(5)),
        lambda day: BilledArea.objects.create(household=home, starts_on=day, floor_area_m2=Decimal(80)),
        lambda day: Suspension.objects.create(contract=contract, starts_on=day, agreed_on=day),
        lambda day: ServiceFailure.objects.create(household=home, starts_on=day, cause=FailureCause.OUTAGE),
    ):
        make(date(2026, 1, 1))
        with pytest.raises(IntegrityError), transaction.atomic():
            make(date(2026, 1, 5))
    assert utility.pk


@pytest.mark.usefixtures("scoped")
def test_a_standby_fee_for_heated_days_is_refused() -> None:
    with pytest.raises(IntegrityError, match="billing_component_standby_while_suspended"):
        a_tariff(components=(AREA, _new(ComponentKind.STANDBY, "12", unit=Unit.M2, per=Per.SEASON)))

"""Drawing up invoices: complete facts become drafts, incomplete ones a reason."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.models import Utility
from accounts.period import Period
from accounts.scope import utility_scope
from billing.enums import InvoiceState, SkipReason
from billing.models import Invoice, InvoiceLine
from billing.operations.drafts import (
    CannotBillError,
    draft_invoice,
    draft_invoices,
)
from billing.operations.invoices import issue_invoice
from billing.operations.rated import PeriodNotOverError, rate_contracts
from billing.operations.tariffs import activate_version, enter_season
from billing.queries.facts import contracts_in
from billing.rating.trace import from_json
from metering.enums import DeviceKind
from metering.models import Device, Installation, Reading
from metering.operations.devices import install_device, remove_device
from tests import factories
from tests.billing.factories import (
    AFTER_JANUARY,
    AREA,
    ENERGY,
    JANUARY,
    REGISTERS,
    a_customer,
    a_draft,
    a_meter,
    a_plan,
    a_tariff,
    a_version,
)

_SAME_DAY = datetime(2026, 1, 10, 6, tzinfo=UTC)
_DAYS_LATER = datetime(2026, 1, 15, tzinfo=UTC)


def _reasons(period: Period[date] = JANUARY, at: datetime = AFTER_JANUARY) -> list[SkipReason]:
    drafted = draft_invoices(contract_ids=contracts_in(period), period=period, at=at)
    return [skipped.reason for skipped in drafted.skipped]


@pytest.mark.usefixtures("scoped")
def test_a_home_gets_a_draft_with_a_line_for_each_component() -> None:
    a_tariff()
    invoice = draft_invoice(contract=a_customer(), period=JANUARY, at=AFTER_JANUARY)

    lines = list(invoice.lines.values_list("position", "kind", "formula", "net_minor", "tax_minor"))
    assert lines == [
        (1, "area", "100 m² × 12 CNY/m² × 31 d / 120 d = 310.00 CNY", 31_000, 2_790),
        (2, "energy", "1000 kWh × 0.16 CNY/kWh = 160.00 CNY", 16_000, 1_440),
    ]
    assert (invoice.net_minor, invoice.tax_minor, invoice.total_minor) == (47_000, 4_230, 51_230)
    assert (invoice.state, invoice.number, invoice.currency) == (InvoiceState.DRAFT, None, "CNY")


@pytest.mark.usefixtures("scoped")
def test_every_stored_line_can_be_computed_again_from_its_trace() -> None:
    a_tariff()
    a_draft(contract=a_customer(floor_area_m2=Decimal("87.35")))

    for line in InvoiceLine.objects.all():
        again = from_json(line.trace)
        assert (again.net_minor, again.tax_minor, again.formula) == (
            line.net_minor,
            line.tax_minor,
            line.formula,
        )


@pytest.mark.usefixtures("scoped")
def test_a_new_run_replaces_the_draft_of_the_same_days() -> None:
    a_tariff()
    contract = a_customer()
    first = a_draft(contract=contract)
    second = a_draft(contract=contract)

    assert first != second
    assert list(Invoice.objects.values_list("pk", flat=True)) == [second]
    assert InvoiceLine.objects.count() == 2


@pytest.mark.usefixtures("scoped")
def test_days_on_an_issued_invoice_are_not_billed_again() -> None:
    a_tariff()
    contract = a_customer()
    invoice = draft_invoice(contract=contract, period=JANUARY, at=AFTER_JANUARY)
    issue_invoice(invoice=invoice, at=AFTER_JANUARY)

    for period in (JANUARY, Period(date(2026, 1, 31), date(2026, 2, 1))):
        with pytest.raises(CannotBillError, match="Some of these days are on another invoice: 2026-000001"):
            draft_invoice(contract=contract, period=period, at=AFTER_JANUARY)
    assert Invoice.objects.count() == 1


@pytest.mark.usefixtures("scoped")
def test_a_draft_of_other_days_is_left_alone() -> None:
    a_tariff()
    contract = a_customer()
    kept = a_draft(contract=contract)

    longer = Period(date(2025, 12, 1), date(2026, 2, 1))
    assert _reasons(longer) == [SkipReason.ALREADY_BILLED]
    assert Invoice.objects.get().pk == kept


@pytest.mark.usefixtures("scoped")
def test_a_tariff_change_cuts_the_bill_at_the_register_of_that_day() -> None:
    first = a_tariff()
    dearer = [AREA, replace(ENERGY, price=Decimal("0.20"))]
    activate_version(version=a_version(plan=first.plan, starts_on=date(2026, 1, 11), components=dearer))
    registers = REGISTERS | {date(2026, 1, 11): 2_400_000}
    invoice = draft_invoice(contract=a_customer(registers_wh=registers), period=JANUARY, at=AFTER_JANUARY)

    assert list(invoice.lines.values_list("period_start", "period_end", "formula")) == [
        (date(2026, 1, 1), date(2026, 1, 11), "100 m² × 12 CNY/m² × 10 d / 120 d = 100.00 CNY"),
        (date(2026, 1, 1), date(2026, 1, 11), "400 kWh × 0.16 CNY/kWh = 64.00 CNY"),
        (date(2026, 1, 11), date(2026, 2, 1), "100 m² × 12 CNY/m² × 21 d / 120 d = 210.00 CNY"),
        (date(2026, 1, 11), date(2026, 2, 1), "600 kWh × 0.2 CNY/kWh = 120.00 CNY"),
    ]


@pytest.mark.usefixtures("scoped")
def test_a_contract_that_began_within_the_period_pays_its_own_days() -> None:
    a_tariff()
    household = factories.a_household(floor_area_m2=Decimal(100))
    factories.a_contract(household=household, ends_on=date(2026, 1, 11))
    newcomer = factories.a_contract(household=household, starts_on=date(2026, 1, 11))
    a_meter(
        contract=household.contracts.earliest("starts_on"),
        registers_wh=REGISTERS | {date(2026, 1, 11): 2_400_000},
    )

    drafted = draft_invoices(contract_ids=contracts_in(JANUARY), period=JANUARY, at=AFTER_JANUARY)

    assert drafted.skipped == []
    assert [invoice.net_minor for invoice in drafted.invoices] == [10_000 + 6_400, 21_000 + 9_600]
    assert drafted.invoices[1].contract == newcomer


@pytest.mark.usefixtures("scoped")
def test_an_estimated_register_is_billed_and_flagged() -> None:
    a_tariff()
    # Nothing between mid January and mid February: the end of January is cut out of the line between.
    registers = {date(2025, 12, 31): 0, date(2026, 1, 1): 0, date(2026, 1, 15): 0, date(2026, 2, 18): 340_000}
    invoice = draft_invoice(contract=a_customer(registers_wh=registers), period=JANUARY, at=AFTER_JANUARY)

    assert list(invoice.lines.values_list("kind", "quality", "quantity")) == [
        ("area", "", Decimal(100)),
        ("energy", "estimated", Decimal(170)),
    ]


@pytest.mark.usefixtures("scoped")
def test_a_home_without_a_reading_beyond_the_end_is_skipped_by_name() -> None:
    a_tariff()
    contract = a_customer(registers_wh={date(2025, 11, 15): 0, date(2026, 1, 20): 500_000})
    drafted = draft_invoices(contract_ids=[contract.pk], period=JANUARY, at=AFTER_JANUARY)

    (skipped,) = drafted.skipped
    assert (skipped.contract_id, skipped.household_id) == (contract.pk, contract.household_id)
    assert skipped.reason == SkipReason.NO_READINGS
    assert skipped.detail.endswith("was not read after 2026-02-01.")
    assert not Invoice.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_a_home_that_was_never_read_is_skipped() -> None:
    a_tariff()
    a_customer(registers_wh={})

    assert _reasons() == [SkipReason.NO_READINGS]


@pytest.mark.usefixtures("scoped")
def test_a_second_meter_that_was_never_read_gives_no_heat_away() -> None:
    a_tariff()
    a_meter(contract=a_customer(), registers_wh={})
    drafted = draft_invoices(contract_ids=contracts_in(JANUARY), period=JANUARY, at=AFTER_JANUARY)

    assert [skipped.detail for skipped in drafted.skipped] == [
        "One of the home's meters was not read between 2026-01-01 and 2026-02-01."
    ]


@pytest.mark.parametrize(
    ("hung_again", "quality"),
    [(_SAME_DAY, "measured"), (_DAYS_LATER, "estimated")],
)
@pytest.mark.usefixtures("scoped")
def test_an_exchanged_meter_loses_nothing_and_days_without_one_are_flagged(
    hung_again: datetime, quality: str
) -> None:
    a_tariff()
    taken_down = datetime(2026, 1, 10, tzinfo=UTC)
    contract = a_customer(registers_wh={date(2026, 1, 1): 2_000_000})
    first = Installation.objects.get()
    _read(first.device, taken_down, 2_300_000)
    remove_device(installation=first, ends_at=taken_down)
    second = Device.objects.create(kind=DeviceKind.HEAT_METER, serial="new")
    install_device(device=second, household=contract.household, starts_at=hung_again)
    for at, energy_wh in ((hung_again, 0), (datetime(2026, 1, 31, 16, tzinfo=UTC), 650_000)):
        _read(second, at, energy_wh)
    invoice = draft_invoice(contract=contract, period=JANUARY, at=AFTER_JANUARY)

    energy = invoice.lines.get(kind="energy")
    assert (energy.quantity, energy.quality) == (Decimal(950), quality)
    assert [meter["serial"] for meter in energy.trace["metered"]["meters"]] == [first.device.serial, "new"]


def _read(meter: Device, at: datetime, energy_wh: int) -> None:
    Reading.objects.create(device=meter, measured_at=at, energy_wh=energy_wh, received_at=at)


@pytest.mark.usefixtures("scoped")
def test_a_register_that_ran_backwards_is_a_clerks_business() -> None:
    a_tariff()
    a_customer(registers_wh={date(2026, 1, 1): 900_000, date(2026, 2, 1): 800_000})

    assert _reasons() == [SkipReason.BACKWARDS]


@pytest.mark.usefixtures("scoped")
def test_days_without_a_tariff_are_not_billed_at_another_days_price() -> None:
    a_tariff()
    a_customer(registers_wh={date(2025, 11, 1): 0, date(2026, 2, 1): 1})
    household = factories.a_household()
    factories.a_contract(household=household, starts_on=date(2025, 11, 1))

    early = Period(date(2025, 11, 1), date(2026, 2, 1))
    assert _reasons(early)[-1] == SkipReason.NO_TARIFF


@pytest.mark.usefixtures("scoped")
def test_a_seasonal_price_waits_for_the_season() -> None:
    activate_version(version=a_version(plan=a_plan()))
    a_customer()

    assert _reasons() == [SkipReason.NO_SEASON]
    enter_season(starts_on=date(2025, 11, 15), ends_on=date(2026, 3, 15))
    assert _reasons() == []


@pytest.mark.usefixtures("scoped")
def test_summer_without_metered_heat_charges_nothing() -> None:
    a_tariff(components=[AREA])
    a_customer()
    june = Period(date(2026, 6, 1), date(2026, 7, 1))

    assert _reasons(june, at=datetime(2026, 7, 2, tzinfo=UTC)) == [SkipReason.NOTHING_TO_CHARGE]


def test_a_period_is_over_when_it_is_over_in_the_utilitys_own_zone(scoped: Utility) -> None:
    a_tariff()
    contract = a_customer()
    # 16:00 UTC is midnight in Beijing.
    with pytest.raises(PeriodNotOverError, match="not over on 2026-01-31"):
        draft_invoice(contract=contract, period=JANUARY, at=datetime(2026, 1, 31, 15, 59, tzinfo=UTC))
    assert not Invoice.objects.exists()

    invoice = draft_invoice(contract=contract, period=JANUARY, at=datetime(2026, 1, 31, 16, tzinfo=UTC))
    assert invoice.utility == scoped


@pytest.mark.usefixtures("scoped")
def test_rating_alone_writes_nothing_down() -> None:
    a_tariff()
    contract = a_customer()
    rated, skipped = rate_contracts(contract_ids=[contract.pk], period=JANUARY, at=AFTER_JANUARY)

    assert [one.total_minor for one in rated] == [51_230]
    assert skipped == []
    assert not Invoice.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_three_homes_take_as_many_statements_as_one() -> None:
    a_tariff()
    counts = []
    for homes in (1, 3):
        contract_ids = [a_customer().pk for _home in range(homes)]
        with CaptureQueriesContext(connection) as queries:
            drafted = draft_invoices(contract_ids=contract_ids, period=JANUARY, at=AFTER_JANUARY)
        assert len(drafted.invoices) == homes
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
def test_two_runs_over_the_same_homes_at_once_take_turns() -> None:
    utility, together = factories.a_utility(), Barrier(2)
    with utility_scope(utility):
        a_tariff()
        contract_ids = [a_customer().pk for _home in range(4)]

    def run(turn: int) -> int:
        try:
            together.wait(timeout=30)
            with utility_scope(utility):
                ids = contract_ids if turn else contract_ids[::-1]
                return len(draft_invoices(contract_ids=ids, period=JANUARY, at=AFTER_JANUARY).invoices)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as clerks:
        assert list(clerks.map(run, range(2))) == [4, 4]
    with utility_scope(utility):
        assert Invoice.objects.count() == 4


@pytest.mark.usefixtures("scoped")
def test_heat_is_cut_by_the_registers_of_its_prices_months() -> None:
    a_tariff(
        components=[replace(ENERGY, months=(11, 12)), replace(ENERGY, months=(1,), price=Decimal("0.2"))]
    )
    contract = a_customer()
    season = Period(date(2025, 11, 15), date(2026, 2, 1))
    invoice = draft_invoice(contract=contract, period=season, at=AFTER_JANUARY)

    assert list(invoice.lines.values_list("quantity", "net_minor")) == [
        (Decimal(2_000), 32_000),
        (Decimal(1_000), 20_000),
    ]

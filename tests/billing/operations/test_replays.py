"""Issued bills rated anew: what is found, what is corrected, and that bill and corrections are the replay."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Contract, Household, Utility
from accounts.period import local_midnight
from billing.enums import AccountCode, CorrectionCause, InvoiceKind
from billing.models import Invoice, Posting, TariffPlan
from billing.operations.corrections import CannotCorrectError, Ground, cancel_invoice, credit_lines
from billing.operations.replays import Revision, issue_corrections, revisions
from billing.operations.tariffs import TariffRefusedError, activate_backdated, activate_version
from billing.queries.balance import open_minor
from metering.models import Installation, Reading
from tests.billing.factories import (
    AFTER_JANUARY,
    AREA,
    ENERGY,
    JANUARY,
    a_bill,
    a_customer,
    a_tariff,
    a_version,
)

FEBRUARY = date(2026, 2, 1)
LATER = AFTER_JANUARY + timedelta(days=20)
pytestmark = pytest.mark.usefixtures("scoped")


def read_again(contract: Contract, registers_wh: Mapping[date, int]) -> None:
    """The home's registers at these local midnights are found to be others."""
    device = Installation.objects.get(household=contract.household).device
    zone = contract.utility.zone
    for day, energy_wh in registers_wh.items():
        at = local_midnight(day, zone)
        Reading.objects.filter(device=device, measured_at=at).delete()
        Reading.objects.create(device=device, measured_at=at, energy_wh=energy_wh, received_at=LATER)


def resize(contract: Contract, floor_area_m2: int) -> None:
    """The home is measured again."""
    Household.objects.filter(pk=contract.household_id).update(floor_area_m2=Decimal(floor_area_m2))


def only() -> Revision:
    """The one bill beside its replay."""
    (revision,) = revisions()
    return revision


def family_minor(bill_id: int) -> int:
    """Bill and corrections in sum."""
    documents = Invoice.objects.filter(pk=bill_id) | Invoice.objects.filter(corrects=bill_id)
    return sum(documents.values_list("total_minor", flat=True))


def correct(*bill_ids: int) -> list[Invoice]:
    """Issue what is due."""
    return issue_corrections(bill_ids=bill_ids, reason="Late reading.", actor=None, at=LATER)


@pytest.fixture
def contract() -> Contract:
    """A customer of the two-part tariff, billed 512.30 for January."""
    a_tariff()
    return a_customer()


@pytest.fixture
def bill_id(contract: Contract) -> int:
    """Her bill."""
    return a_bill(contract=contract)


def test_an_unchanged_world_gives_the_bill_again(bill_id: int) -> None:
    revision = only()

    assert not revision.differs
    assert (revision.before_minor, revision.after_minor, revision.difference_minor) == (51_230, 51_230, 0)
    assert [charge.line.kind for charge in revision.kept] == ["area", "energy"]
    assert correct(bill_id) == []


def test_a_late_reading_is_seen_line_by_line_before_anything_is_issued(
    contract: Contract, bill_id: int
) -> None:
    read_again(contract, {FEBRUARY: 3_200_000})
    revision = only()

    assert [charge.line.formula for charge in revision.replaced] == ["1000 kWh × 0.16 CNY/kWh = 160.00 CNY"]
    assert [row.formula for row in revision.added] == ["1200 kWh × 0.16 CNY/kWh = 192.00 CNY"]
    assert (revision.before_minor, revision.after_minor, revision.difference_minor) == (51_230, 54_718, 3_488)
    assert Invoice.objects.count() == 1
    assert open_minor([bill_id]) == {bill_id: 51_230}


def test_a_debit_note_takes_back_the_old_line_and_charges_the_new(contract: Contract, bill_id: int) -> None:
    read_again(contract, {FEBRUARY: 3_200_000})
    (note,) = correct(bill_id)

    assert (note.number, note.kind, note.cause) == ("D2026-000001", InvoiceKind.DEBIT, CorrectionCause.REPLAY)
    assert (note.net_minor, note.tax_minor, note.total_minor) == (3_200, 288, 3_488)
    assert [(line.net_minor, line.corrects_id is None) for line in note.lines.all()] == [
        (-16_000, False),
        (19_200, True),
    ]
    assert open_minor([bill_id, note.pk]) == {bill_id: 51_230, note.pk: 3_488}
    assert note.due_on == date(2026, 3, 23)
    assert not only().differs


def test_a_credit_note_follows_where_less_was_used(contract: Contract, bill_id: int) -> None:
    read_again(contract, {FEBRUARY: 2_500_000})
    (note,) = correct(bill_id)

    assert (note.number, note.total_minor) == ("C2026-000001", -8_720)
    assert open_minor([bill_id]) == {bill_id: 42_510}
    assert family_minor(bill_id) == 42_510


def test_a_new_area_changes_the_base_fee_alone(contract: Contract, bill_id: int) -> None:
    resize(contract, 90)
    (note,) = correct(bill_id)

    assert [line.description for line in note.lines.all()] == ["Base fee", "Base fee"]
    assert note.total_minor == -3_379
    assert family_minor(bill_id) == 47_851


def test_a_backdated_price_is_refused_unawares_and_corrected_where_meant(
    contract: Contract, bill_id: int
) -> None:
    read_again(contract, {date(2026, 1, 11): 2_400_000})
    dearer = replace(ENERGY, price=Decimal("0.20"))
    plan = TariffPlan.objects.get()
    version = a_version(plan=plan, starts_on=date(2026, 1, 11), components=(AREA, dearer))
    with pytest.raises(TariffRefusedError, match="up to which bills are issued"):
        activate_version(version=version)
    activate_backdated(version=version)

    assert only().difference_minor == 2_616
    correct(bill_id)
    # The worked bill of docs/billing.md, here by a bill and its debit note.
    assert family_minor(bill_id) == 53_846
    assert not only().differs


def test_who_had_left_before_is_credited_everything(contract: Contract, bill_id: int) -> None:
    Contract.objects.filter(pk=contract.pk).update(ends_on=JANUARY.start)
    (note,) = correct(bill_id)

    assert note.total_minor == -51_230
    assert family_minor(bill_id) == 0


def test_who_left_within_the_days_pays_for_those_before(contract: Contract, bill_id: int) -> None:
    read_again(contract, {date(2026, 1, 11): 2_400_000})
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 1, 11))
    correct(bill_id)

    # 10 of 120 days of 1,200 yuan and 400 kWh, with 9 %.
    assert family_minor(bill_id) == 10_900 + 6_976


def test_what_cannot_be_rated_anew_says_why_and_stays(contract: Contract, bill_id: int) -> None:
    read_again(contract, {FEBRUARY: 1_000_000})

    assert "The register ran backwards" in only().fault
    with pytest.raises(
        CannotCorrectError, match="2026-000001 cannot be rated anew: The register ran backwards"
    ):
        correct(bill_id)
    assert family_minor(bill_id) == 51_230


def test_what_was_agreed_is_no_difference(contract: Contract, bill_id: int) -> None:
    del contract
    bill = Invoice.objects.get(pk=bill_id)
    heat = bill.lines.get(kind="energy")
    ground = Ground(cause=CorrectionCause.AGREED, reason="Cold stairs.", actor=None)
    credit_lines(bill=bill, parts={heat.pk: 17_440}, ground=ground, at=LATER)

    assert not only().differs
    assert (only().before_minor, only().after_minor) == (33_790, 33_790)


def test_what_was_agreed_on_a_replaced_line_is_named_before_it_is_lost(
    contract: Contract, bill_id: int
) -> None:
    bill = Invoice.objects.get(pk=bill_id)
    ground = Ground(cause=CorrectionCause.AGREED, reason="Cold stairs.", actor=None)
    credit_lines(bill=bill, parts={bill.lines.get(kind="energy").pk: 1_000}, ground=ground, at=LATER)
    read_again(contract, {FEBRUARY: 3_200_000})

    assert (only().lost_minor, only().difference_minor, only().after_minor) == (1_000, 4_488, 54_718)
    correct(bill_id)
    assert family_minor(bill_id) == 54_718
    assert not only().differs


def test_a_cancelled_bill_is_replayed_no_more(contract: Contract, bill_id: int) -> None:
    cancel_invoice(bill=Invoice.objects.get(pk=bill_id), reason="Wrong days.", actor=None, at=LATER)
    read_again(contract, {FEBRUARY: 3_200_000})

    assert list(revisions()) == []
    with pytest.raises(CannotCorrectError, match="no issued bill in force"):
        correct(bill_id)


def test_several_bills_are_corrected_together_and_numbered_by_customer(contract: Contract) -> None:
    bills = {a_bill(contract=each): each for each in (contract, a_customer(), a_customer())}
    for each in list(bills.values())[:2]:
        read_again(each, {FEBRUARY: 3_200_000})
    notes = correct(*bills)

    assert [note.number for note in notes] == ["D2026-000001", "D2026-000002"]
    assert [revision.differs for revision in revisions()] == [False, False, False]


def test_three_replays_take_as_many_statements_as_one(contract: Contract) -> None:
    counts = []
    for homes in ([contract], [a_customer(), a_customer()]):
        for home in homes:
            a_bill(contract=home)
        with CaptureQueriesContext(connection) as queries:
            list(revisions())
        counts.append(len(queries))

    assert counts[0] == counts[1]


readings = st.integers(2_000_000, 9_000_000)
areas = st.integers(20, 300)
worlds = st.lists(st.tuples(readings, areas), min_size=1, max_size=5)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(worlds=worlds)
def test_bill_and_corrections_are_always_the_latest_replay(
    scoped: Utility, contract: Contract, worlds: list[tuple[int, int]]
) -> None:
    del scoped
    bill_id = Invoice.objects.filter(contract=contract, corrects=None).values_list("pk", flat=True).first()
    bill_id = bill_id or a_bill(contract=contract)
    for register_wh, area_m2 in worlds:
        read_again(contract, {FEBRUARY: register_wh})
        resize(contract, area_m2)
        correct(bill_id)

        # As a bill made only now would say: one rounding a line, tax by line.
        base = (Decimal(area_m2) * 12 * 31 / 120).quantize(Decimal("0.01"), "ROUND_HALF_UP")
        heat = (Decimal(register_wh - 2_000_000) / 1000 * Decimal("0.16")).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        taxes = [(net * Decimal("0.09")).quantize(Decimal("0.01"), "ROUND_HALF_UP") for net in (base, heat)]
        assert family_minor(bill_id) == int((base + heat + sum(taxes)) * 100)
        assert not only().differs
        owed = sum(open_minor(Invoice.objects.values_list("pk", flat=True)).values())
        credit = Posting.objects.filter(account__code=AccountCode.CUSTOMER_CREDIT)
        assert owed + sum(credit.values_list("amount_minor", flat=True)) == family_minor(bill_id)

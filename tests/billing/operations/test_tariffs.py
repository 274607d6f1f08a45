"""Tariffs: drafts are edited, active versions only followed."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from billing.enums import TariffState
from billing.facts import Index, IndexTerm
from billing.models import HeatingSeason, TariffComponent, TariffVersion
from billing.operations.tariffs import TariffRefusedError, activate_version, enter_season
from billing.terms import ComponentKind, Per, TaxBasis, Unit
from tests.billing.factories import AREA, ENERGY, a_bill, a_customer, a_plan, a_tariff, a_version

CAP = replace(AREA, name="Cap at the area fee", kind=ComponentKind.CAP, price=Decimal(24))

INDEX = Index(
    base_price=Decimal("0.1"),
    digits=2,
    terms=(IndexTerm(name="Gas", weight=Decimal(1), base=Decimal(50), value=Decimal(100)),),
)


@pytest.mark.usefixtures("scoped")
def test_a_version_in_force_ends_where_its_successor_begins() -> None:
    first = a_tariff()
    second = activate_version(version=a_version(plan=first.plan, starts_on=date(2026, 11, 15)))
    first.refresh_from_db()

    assert (first.ends_on, second.ends_on) == (date(2026, 11, 15), None)
    assert (first.state, second.state) == (TariffState.ACTIVE, TariffState.ACTIVE)


@pytest.mark.usefixtures("scoped")
def test_activating_again_changes_nothing() -> None:
    version = a_tariff()

    assert activate_version(version=version) == version


@pytest.mark.parametrize(
    ("components", "why"),
    [
        ([], "charges for nothing"),
        ([CAP], "charges for nothing"),
        ([AREA, CAP, CAP], "more than one cap"),
        ([replace(AREA, tax_basis=TaxBasis.GROSS), CAP], "prices both with and before tax"),
        ([replace(AREA, up_to=Decimal(90))], "bands that overlap, leave a gap or end somewhere"),
        ([replace(AREA, up_to=Decimal(90)), replace(AREA, above=Decimal(91))], "leave a gap"),
        ([replace(ENERGY, index=INDEX)], "its formula 0.2"),
    ],
)
@pytest.mark.usefixtures("scoped")
def test_a_version_that_makes_no_sense_stays_a_draft(components: list[object], why: str) -> None:
    version = a_version(plan=a_plan(), components=components)  # type: ignore[arg-type] # as parametrised

    with pytest.raises(TariffRefusedError, match=why):
        activate_version(version=version)
    assert TariffVersion.objects.get().state == TariffState.DRAFT


@pytest.mark.parametrize("starts_on", [date(2025, 11, 15), date(2025, 1, 1)])
@pytest.mark.usefixtures("scoped")
def test_a_version_that_meets_another_stays_a_draft(starts_on: date) -> None:
    first = a_tariff()
    second = a_version(plan=first.plan, starts_on=starts_on)

    with pytest.raises(TariffRefusedError, match="meets days of Two-part heat tariff, 2025-11-15"):
        activate_version(version=second)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.ends_on, second.state) == (None, TariffState.DRAFT)


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_overlapping_versions_whoever_writes_them() -> None:
    first = a_tariff()
    second = a_version(plan=first.plan, starts_on=date(2026, 1, 1))

    with pytest.raises(IntegrityError, match="billing_version_no_overlap"), transaction.atomic():
        TariffVersion.objects.filter(pk=second.pk).update(state=TariffState.ACTIVE)


@pytest.mark.usefixtures("scoped")
def test_new_prices_do_not_reach_back_into_billed_days() -> None:
    first = a_tariff()
    a_bill(contract=a_customer())
    backdated = a_version(plan=first.plan, starts_on=date(2026, 1, 15))

    with pytest.raises(TariffRefusedError, match="begins before 2026-02-01, up to which bills are issued"):
        activate_version(version=backdated)
    assert activate_version(version=a_version(plan=first.plan, starts_on=date(2026, 2, 1))).pk


@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_to_change_a_version_in_force() -> None:
    version = a_tariff()

    with (
        pytest.raises(DatabaseError, match="An active tariff version is never changed"),
        transaction.atomic(),
    ):
        TariffVersion.objects.update(payment_days=1)
    with pytest.raises(DatabaseError, match="prices of an active tariff version"), transaction.atomic():
        TariffComponent.objects.update(price=0)
    with pytest.raises(DatabaseError, match="prices of an active tariff version"), transaction.atomic():
        version.components.all().delete()
    with (
        pytest.raises(DatabaseError, match="An active tariff version is never changed"),
        transaction.atomic(),
    ):
        TariffVersion.objects.all()._raw_delete(TariffVersion.objects.db)
    assert list(version.components.values_list("price", flat=True)) == [Decimal(12), Decimal("0.16")]


@pytest.mark.usefixtures("scoped")
def test_a_draft_may_be_edited_and_thrown_away() -> None:
    version = a_version(plan=a_plan())
    version.components.update(price=1)
    version.delete()

    assert not TariffComponent.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        replace(ENERGY, unit=Unit.M2),
        replace(ENERGY, per=Per.SEASON),
        replace(AREA, unit=Unit.KWH),
        replace(AREA, per=Per.QUANTITY),
        replace(AREA, kind=ComponentKind.FIXED),
        replace(AREA, price=Decimal(-1)),
        replace(AREA, tax_rate=Decimal(1)),
        replace(AREA, factor=Decimal(0)),
        replace(AREA, above=Decimal(90), up_to=Decimal(90)),
        replace(ENERGY, above=Decimal(90)),
        replace(ENERGY, months=(13,)),
        replace(AREA, months=(1,)),
        replace(ENERGY, kind=ComponentKind.COOLING),
    ],
)
@pytest.mark.usefixtures("scoped")
def test_the_database_refuses_a_price_that_fits_no_formula(wrong: object) -> None:
    plan = a_plan()
    with pytest.raises(IntegrityError, match="billing_component"), transaction.atomic():
        a_version(plan=plan, components=[wrong])  # type: ignore[list-item] # as parametrised
    assert not TariffVersion.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_seasons_do_not_overlap() -> None:
    enter_season(starts_on=date(2025, 11, 15), ends_on=date(2026, 3, 15))
    with pytest.raises(IntegrityError, match="billing_season_no_overlap"), transaction.atomic():
        enter_season(starts_on=date(2026, 3, 14), ends_on=date(2026, 4, 1))
    assert HeatingSeason.objects.count() == 1


@pytest.mark.usefixtures("scoped")
def test_a_version_paid_in_advance_is_not_put_in_force_while_nothing_bills_it() -> None:
    version = a_version(plan=a_plan())
    version.settlement = "lower"
    version.save()

    with pytest.raises(TariffRefusedError, match="cannot be issued yet"):
        activate_version(version=version)

"""Instalments of an overdue bill: agreed within limits, whole to the cent, broken by one that is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import User
from billing.models import Instalment, Invoice, Letter, PaymentPlan, PaymentRules
from billing.operations.plans import PlanError, PlanRequest, agree_plan, review_plans
from tests.billing.paying import pay_at_the_counter

# The bill of January is issued on 1 February and due within the tariff's days; March is past due.
MARCH = datetime(2026, 3, 20, 2, tzinfo=UTC)
TOTAL = 51_230


@pytest.fixture
def lenient(bill: Invoice) -> PaymentRules:  # noqa: ARG001 - its utility is in scope
    """Instalments of a few yuan, as the bill is small."""
    return PaymentRules.objects.create(plan_least_minor=1_000)


def _agree(
    bill: Invoice, by: User, *, parts: int = 3, days: int = 10, by_clerk: bool = False, at: datetime = MARCH
) -> PaymentPlan:
    first_on = at.date() + timedelta(days=days)
    request = PlanRequest(invoice=bill, instalments=parts, first_on=first_on, by=by, by_clerk=by_clerk)
    return agree_plan(request=request, at=at)


@pytest.mark.usefixtures("lenient")
def test_the_parts_are_the_whole_a_month_apart(bill: Invoice, payer: User) -> None:
    _agree(bill, payer)

    parts = list(Instalment.objects.values_list("due_on", "amount_minor"))
    assert [minor for _day, minor in parts] == [17_077, 17_077, 17_076]
    assert [str(day) for day, _minor in parts] == ["2026-03-30", "2026-04-29", "2026-05-29"]
    assert Letter.objects.get().kind == "plan"


@pytest.mark.usefixtures("lenient")
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"parts": 1}, "between 2 and 6"),
        ({"parts": 7}, "between 2 and 6"),
        ({"days": 0}, "from tomorrow on"),
        ({"days": 40}, "within a month"),
        ({"at": datetime(2026, 2, 2, tzinfo=UTC)}, "past due"),
    ],
)
def test_beyond_the_limits_nothing_is_agreed(
    bill: Invoice, payer: User, change: dict[str, object], reason: str
) -> None:
    with pytest.raises(PlanError, match=reason):
        _agree(bill, payer, **change)  # type: ignore[arg-type]  # the parameters of this test

    assert not PaymentPlan.objects.exists()


def test_too_small_parts_are_refused(bill: Invoice, payer: User) -> None:
    with pytest.raises(PlanError, match="too small"):
        _agree(bill, payer, parts=6)


@pytest.mark.usefixtures("lenient")
def test_a_clerk_may_agree_to_more_parts_and_none_twice(bill: Invoice, payer: User) -> None:
    _agree(bill, payer, parts=12, by_clerk=True)

    with pytest.raises(PlanError, match="already"):
        _agree(bill, payer)
    assert Instalment.objects.count() == 12


@pytest.mark.usefixtures("lenient")
def test_kept_until_its_grace_is_over_then_broken(bill: Invoice, payer: User) -> None:
    plan = _agree(bill, payer)

    in_grace = review_plans(at=datetime(2026, 4, 4, 2, tzinfo=UTC))
    too_late = review_plans(at=datetime(2026, 4, 5, 2, tzinfo=UTC))

    plan.refresh_from_db()
    assert (in_grace, too_late) == (0, 1)
    assert plan.broken_at is not None
    assert Letter.objects.filter(kind="broken").count() == 1


@pytest.mark.usefixtures("lenient")
def test_after_a_broken_plan_only_a_clerk_agrees_to_another(bill: Invoice, payer: User) -> None:
    _agree(bill, payer)
    review_plans(at=datetime(2026, 4, 5, 2, tzinfo=UTC))
    later = datetime(2026, 4, 6, 2, tzinfo=UTC)

    with pytest.raises(PlanError, match="not kept"):
        _agree(bill, payer, at=later)
    assert _agree(bill, payer, by_clerk=True, at=later).broken_at is None


@pytest.mark.usefixtures("lenient")
def test_what_came_in_keeps_it_and_the_last_part_fulfils_it(bill: Invoice, payer: User) -> None:
    plan = _agree(bill, payer)
    pay_at_the_counter(bill, 17_077)
    kept = review_plans(at=datetime(2026, 4, 20, 2, tzinfo=UTC))
    pay_at_the_counter(bill, TOTAL - 17_077)

    done = review_plans(at=datetime(2026, 4, 21, 2, tzinfo=UTC))

    plan.refresh_from_db()
    assert (kept, done) == (0, 1)
    assert plan.fulfilled_at is not None
    assert plan.broken_at is None

"""A bill beside that of a year before, from the database's facts."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.models import Contract
from accounts.period import Period
from billing.enums import CorrectionCause
from billing.models import BilledArea, DegreeDays, Invoice
from billing.operations.corrections import Ground, credit_lines
from billing.operations.explanations import Explanation, NotExplainedError, explain
from billing.terms import Factor
from tests.billing.factories import AFTER_JANUARY, JANUARY, a_bill
from tests.billing.years import both_bills, two_winters

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def contract() -> Contract:
    """A home of two winters."""
    return two_winters()


def told(bill_id: int) -> Explanation:
    return explain(Invoice.objects.get(pk=bill_id))


def parts(explanation: Explanation) -> dict[Factor, int]:
    return {cause.factor: cause.minor for cause in explanation.causes if cause.minor}


def test_a_colder_january_with_less_heat_than_that_asked_for(contract: Contract) -> None:
    before, now = both_bills(contract)
    explanation = told(now)

    assert (explanation.before.bill.pk, explanation.now.bill.pk) == (before, now)
    assert (explanation.before.energy_wh, explanation.now.energy_wh) == (1_000_000, 1_080_000)
    assert (explanation.before.total_minor, explanation.now.total_minor) == (51_230, 52_625)
    # With 9 % tax: weather 3,040 and behaviour -1,760 before tax; rounding is a line's.
    assert parts(explanation) == {Factor.WEATHER: 3_314, Factor.BEHAVIOUR: -1_919}
    assert explanation.difference_minor == 1_395


def test_credits_are_corrections_and_a_correction_is_explained_as_its_bill(contract: Contract) -> None:
    _before, now = both_bills(contract)
    bill = Invoice.objects.get(pk=now)
    note = credit_lines(
        bill=bill,
        parts={bill.lines.get(kind="energy").pk: 1_000},
        ground=Ground(cause=CorrectionCause.AGREED, reason="Goodwill.", actor=None),
        at=AFTER_JANUARY,
    )

    assert parts(told(now))[Factor.CORRECTION] == -1_000
    assert told(note.pk).now.bill.pk == now


def test_an_area_of_this_year_is_base(contract: Contract) -> None:
    BilledArea.objects.create(
        household=contract.household, starts_on=date(2025, 7, 1), floor_area_m2=Decimal(120)
    )
    _before, now = both_bills(contract)

    assert parts(told(now))[Factor.BASE] == 6_758


def test_without_degree_days_of_both_years_weather_is_behaviour(contract: Contract) -> None:
    DegreeDays.objects.filter(month=date(2025, 1, 1)).delete()
    _before, now = both_bills(contract)
    explanation = told(now)

    assert not explanation.knows_weather
    assert parts(explanation) == {Factor.BEHAVIOUR: 1_395}


def test_a_first_bill_has_nothing_to_be_compared_with(contract: Contract) -> None:
    before, _now = both_bills(contract)

    with pytest.raises(NotExplainedError, match="no bill of yours for the same days a year before"):
        told(before)


def test_a_bill_of_other_days_is_no_bill_of_the_year_before(contract: Contract) -> None:
    # Ten of 31 days are less than half of them.
    a_bill(contract=contract, period=Period(date(2025, 1, 22), date(2025, 2, 1)))
    bill = a_bill(contract=contract, period=JANUARY)

    with pytest.raises(NotExplainedError):
        told(bill)


def test_another_customers_bill_of_the_home_is_not_compared_with(contract: Contract) -> None:
    contract.ends_on = date(2025, 6, 1)
    contract.save()
    before = a_bill(contract=contract, period=Period(date(2025, 1, 1), date(2025, 2, 1)))
    after = Contract.objects.create(
        household=contract.household, customer_name="Wang Fang", starts_on=date(2025, 6, 1)
    )
    now = a_bill(contract=after, period=JANUARY)

    assert before != now
    with pytest.raises(NotExplainedError):
        told(now)

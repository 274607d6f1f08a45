"""Months compared among homes alike: who counts, what is told, and that it is told once."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Contract
from accounts.period import local_midnight
from accounts.queries.access import homes_of
from billing.models import DegreeDays, SimilarGroup, SimilarMonth, Suspension
from billing.operations.similar import publish_similar_homes
from billing.queries.similar import similar_homes
from metering.models import Installation, Reading
from metering.operations.consumption import cut_consumption, mark_everything
from tests.billing.streets import a_street
from tests.factories import a_resident

pytestmark = pytest.mark.usefixtures("scoped")
LATER = datetime(2026, 2, 4, 1, tzinfo=UTC)


def told() -> list[tuple[str, int, int]]:
    rows = SimilarGroup.objects.filter(month__month=date(2026, 1, 1))
    return [(row.key, row.homes, row.median_wh_m2) for row in rows]


def test_a_month_is_told_of_three_days_after_it_is_over() -> None:
    a_street(11)

    publish_similar_homes(at=LATER - timedelta(days=2))
    assert told() == []
    publish_similar_homes(at=LATER)
    assert told() == [("residential|2|middle", 11, 10_500)]


def test_it_is_told_once_whatever_is_read_later() -> None:
    street = a_street(11)
    publish_similar_homes(at=LATER)
    meter = Installation.objects.get(household=street[0].household).device
    at = local_midnight(date(2026, 2, 1), street[0].utility.zone)
    Reading.objects.filter(device=meter, measured_at=at).update(energy_wh=9_000_000)

    assert publish_similar_homes(at=LATER + timedelta(days=1)) == []
    assert told() == [("residential|2|middle", 11, 10_500)]


def test_ten_homes_are_not_told_of() -> None:
    a_street(10)
    publish_similar_homes(at=LATER)

    assert told() == []
    assert SimilarMonth.objects.get(month=date(2026, 1, 1)).homes == 10


def test_the_database_keeps_no_group_of_ten() -> None:
    month = SimilarMonth.objects.create(month=date(2026, 1, 1), homes=10, published_at=LATER)
    with pytest.raises(IntegrityError, match="billing_similargroup_tells_of_nobody"), transaction.atomic():
        SimilarGroup.objects.create(
            month=month, key="residential", homes=10, lower_wh_m2=1, median_wh_m2=2, upper_wh_m2=3
        )


def test_who_moved_in_was_away_or_was_not_read_does_not_count() -> None:
    whole, moved, away, unread = a_street(14)[:4]
    Contract.objects.filter(pk=moved.pk).update(starts_on=date(2026, 1, 10))
    Suspension.objects.create(contract=away, starts_on=date(2026, 1, 20), agreed_on=date(2025, 10, 1))
    Reading.objects.filter(device=Installation.objects.get(household=unread.household).device).delete()
    publish_similar_homes(at=LATER)

    assert whole.pk
    assert [homes for _key, homes, _median in told()] == [11]


def test_a_home_beside_the_others_and_in_the_cold_of_the_month() -> None:
    street = a_street(12)
    publish_similar_homes(at=LATER)
    DegreeDays.objects.create(month=date(2026, 1, 1), kelvin_days=720)
    mark_everything()
    cut_consumption(at=LATER)
    (access,) = homes_of(a_resident(household=street[0].household), at=LATER)
    months = similar_homes(access, today=date(2026, 2, 4))

    assert [month.month for month in months][-1] == date(2026, 1, 1)
    assert len(months) == 12
    january = months[-1]
    assert january.own_wh_m2 == 10_000
    assert january.in_cold(january.own_wh_m2) == pytest.approx(13.89, abs=0.01)
    assert january.alike is not None
    assert (january.alike.homes, january.alike.median_wh_m2) == (12, 10_600)
    assert january.difference == pytest.approx(-0.0566, abs=0.001)
    assert all(month.own_wh_m2 is None and month.alike is None for month in months[:-1])

"""Comparing the heat of homes alike, month by month, so that nothing of a single home is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.models import Contract, Utility
from accounts.period import Period, end_of
from accounts.scope import current_utility_id
from billing.models import SimilarGroup, SimilarMonth, Suspension
from billing.months import calendar
from billing.neighbours import Sample, Traits, groups_of
from billing.queries.facts import contracts_in
from billing.queries.heat import Heat
from metering.enums import Quality

# Most late readings have come by then.
SETTLED: Final = timedelta(days=3)
# A utility that begins is compared so far back.
MOST_MONTHS: Final = 12
BATCH: Final = 1_000


def publish_similar_homes(*, at: datetime) -> list[SimilarMonth]:
    """Compare the months that are over and were not compared yet, each in a transaction of its own."""
    utility = Utility.objects.get(pk=current_utility_id())
    today = utility.local_date(at)
    done = set(SimilarMonth.objects.values_list("month", flat=True))
    first = (today.replace(day=1) - timedelta(days=31 * MOST_MONTHS - 15)).replace(day=1)
    months = [
        month
        for month in calendar(Period(first, today), months=1)
        if end_of(month) + SETTLED <= today and month.start not in done
    ]
    return [_publish(month, utility=utility, at=at) for month in months]


@transaction.atomic
def _publish(month: Period[date], *, utility: Utility, at: datetime) -> SimilarMonth:
    samples = list(_samples(month, utility=utility))
    published = SimilarMonth.objects.create(month=month.start, homes=len(samples), published_at=at)
    SimilarGroup.objects.bulk_create(
        SimilarGroup(
            month=published,
            key=group.key,
            homes=group.homes,
            lower_wh_m2=group.lower_wh_m2,
            median_wh_m2=group.median_wh_m2,
            upper_wh_m2=group.upper_wh_m2,
        )
        for group in groups_of(samples)
    )
    return published


def _samples(month: Period[date], *, utility: Utility) -> Iterator[Sample]:
    """The homes that were lived in, heated and measured all month."""
    every = contracts_in(month)
    for ids in (every[n : n + BATCH] for n in range(0, len(every), BATCH)):
        rows = Contract.objects.filter(pk__in=ids).select_related("household__building")
        away = Suspension.objects.filter(contract__in=ids, starts_on__lt=month.end)
        without = set(away.exclude(ends_on__lte=month.start).values_list("contract", flat=True))
        whole = [row for row in rows if row.period & month == month and row.pk not in without]
        yield from _of_batch(whole, month, utility=utility)


def _of_batch(contracts: Sequence[Contract], month: Period[date], *, utility: Utility) -> Iterator[Sample]:
    heat = Heat({month: {contract.household_id for contract in contracts}}, utility=utility)
    for contract in contracts:
        home = contract.household
        if heat.fault(home.pk, month):
            continue
        metered = heat.metered(home.pk, [month])
        if metered.quality == Quality.SUSPECT.value or metered.energy_wh < 0:
            continue
        traits = Traits(
            customer_class=contract.customer_class,
            floor_area_m2=home.floor_area_m2,
            storey=home.storey,
            storeys=home.building.storeys,
        )
        yield Sample(traits=traits, wh_m2=round(metered.energy_wh / home.floor_area_m2))

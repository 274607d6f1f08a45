"""Outages at an address: what runs or is to come, and what was."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q, QuerySet

from accounts.models import Household, Outage

# What ended longer ago is history.
SHOWN: Final = timedelta(days=90)


def outages_at(household: Household, *, at: datetime) -> QuerySet[Outage]:
    """Those of the home's building and station: running and planned ones first, then the past's newest."""
    building = household.building
    rows = Outage.objects.filter(
        Q(building=building) | Q(substation=building.substation_id),
        Q(ended_at=None) | Q(ended_at__gt=at - SHOWN),
    )
    return rows.order_by(F("ended_at").desc(nulls_first=True), "-starts_at")


def standing_outages(household: Household, *, at: datetime) -> QuerySet[Outage]:
    """Those that are not over."""
    return outages_at(household, at=at).filter(ended_at=None)


def households_of(outage: Outage) -> QuerySet[Household]:
    """Every home without heat by it."""
    if outage.building_id is not None:
        return Household.objects.filter(building=outage.building_id)
    return Household.objects.filter(building__substation=outage.substation_id)

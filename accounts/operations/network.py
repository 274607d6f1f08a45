"""Putting utilities and what they heat on the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from accounts.enums import Emitter, Orientation
from accounts.models import Building, HeatSource, Household, Substation, Utility


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHousehold:
    """What is known of a home before it is on the map."""

    building: Building
    customer_number: str
    label: str
    floor_area_m2: Decimal
    storey: int
    orientation: Orientation
    emitter: Emitter = Emitter.RADIATOR


@transaction.atomic
def found_utility(*, slug: str, name: str, currency: str, time_zone: str, locale: str) -> Utility:
    """A new tenant.

    Raises:
        ValidationError: the slug does not fit a topic, the zone or the currency is unknown.
    """
    utility = Utility(slug=slug, name=name, currency=currency, time_zone=time_zone, locale=locale)
    utility.full_clean()
    utility.save()
    return utility


@transaction.atomic
def add_heat_source(*, name: str) -> HeatSource:
    """A plant of the utility in scope."""
    return HeatSource.objects.create(name=name)


@transaction.atomic
def add_substation(
    *,
    source: HeatSource,
    name: str,
    latitude_deg: Decimal,
    longitude_deg: Decimal,
    emitter: Emitter = Emitter.RADIATOR,
) -> Substation:
    """A station fed by ``source``."""
    return Substation.objects.create(
        source=source, name=name, latitude_deg=latitude_deg, longitude_deg=longitude_deg, emitter=emitter
    )


@transaction.atomic
def add_building(*, substation: Substation, name: str, address: str, storeys: int) -> Building:
    """A building on the secondary network of ``substation``."""
    return Building.objects.create(substation=substation, name=name, address=address, storeys=storeys)


@transaction.atomic
def add_households(*, homes: Sequence[NewHousehold]) -> list[Household]:
    """Many homes at once, in the order given; all or none.

    Raises:
        IntegrityError: a customer number is taken, or a flat's label in its building.
    """
    return Household.objects.bulk_create(
        Household(
            building=home.building,
            customer_number=home.customer_number,
            label=home.label,
            floor_area_m2=home.floor_area_m2,
            storey=home.storey,
            orientation=home.orientation,
            emitter=home.emitter,
        )
        for home in homes
    )

"""A town to bill: homes, contracts and meters read once a day for a season, made by the database itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django.db import connection

from accounts.models import Utility
from accounts.period import Period
from accounts.scope import utility_scope
from billing.operations.tariffs import NewComponent
from billing.terms import ComponentKind, Per, Unit
from tests.billing.factories import AREA, ENERGY, SEASON, a_tariff
from tests.factories import a_building, a_utility

STANDING: Final = NewComponent(
    name="Standing charge",
    kind=ComponentKind.FIXED,
    unit=Unit.HOME,
    per=Per.SEASON,
    price=Decimal(48),
    tax_rate=Decimal("0.09"),
)
DAYS: Final = Period(SEASON.start, SEASON.end)
_STATEMENTS: Final = (
    """INSERT INTO accounts_household
        (utility_id, building_id, customer_number, label, floor_area_m2, storey, orientation, emitter)
    SELECT %(utility)s, %(building)s, 'B' || lpad(n::text, 7, '0'), n::text, 45.25 + (n * 37) %% 110,
        n %% 6, 'south', 'radiator'
    FROM generate_series(1, %(homes)s) n""",
    """INSERT INTO accounts_contract (utility_id, household_id, customer_name, customer_class, starts_on)
    SELECT utility_id, id, 'Customer ' || label, 'residential', %(start)s FROM accounts_household
    WHERE utility_id = %(utility)s""",
    """INSERT INTO metering_device (utility_id, kind, identity, serial, manufacturer, model_name)
    SELECT utility_id, 'heat_meter', '', 'B' || label, '', '' FROM accounts_household
    WHERE utility_id = %(utility)s""",
    """INSERT INTO metering_installation (utility_id, device_id, household_id, starts_at)
    SELECT home.utility_id, device.id, home.id, %(start)s::timestamp AT TIME ZONE 'Asia/Shanghai'
    FROM accounts_household home
    JOIN metering_device device ON device.serial = 'B' || home.label AND device.utility_id = home.utility_id
    WHERE home.utility_id = %(utility)s""",
    """INSERT INTO metering_reading
        (utility_id, device_id, measured_at, energy_wh, status, quality, received_at)
    SELECT utility_id, id, at, 1000000 + day * (20000 + id %% 40000) + id, '', 'measured', at
    FROM metering_device
    CROSS JOIN generate_series(0, %(end)s::date - %(start)s::date) day
    CROSS JOIN LATERAL (SELECT (%(start)s::date + day::int)::timestamp AT TIME ZONE 'Asia/Shanghai' AS at) t
    WHERE utility_id = %(utility)s""",
    "ANALYZE",
)


def a_town(*, homes: int, slug: str) -> Utility:
    """A utility of ``homes`` homes, three prices and a season of daily registers for each."""
    utility = a_utility(slug=slug)
    with utility_scope(utility), connection.cursor() as cursor:
        a_tariff(components=(AREA, ENERGY, STANDING))
        values: dict[str, Any] = {
            "utility": utility.pk,
            "building": a_building().pk,
            "homes": homes,
            "start": DAYS.start,
            "end": DAYS.end,
        }
        for statement in _STATEMENTS:
            cursor.execute(statement, values)
    return utility

"""What a season will have cost: a home of 100 m² in the middle of a winter."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from accounts.models import Contract
from accounts.period import Period
from billing.models import DegreeDays
from billing.operations.forecasts import NoForecastError, forecast
from billing.queries.foreseen import Cold, winters
from metering.models import Reading
from tests.billing.winters import NOW, a_winter, access, forecast_of

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def contract() -> Contract:
    """The home."""
    return a_winter()


def test_the_rest_is_as_cold_as_earlier_winters(contract: Contract) -> None:
    told_ = forecast_of(contract)

    # 620 + 560 + 310 × 14/31 = 1,320 degree days ahead; in the colder winter 713 + 580 + 341 × 14/31.
    assert (told_.known_until, told_.winters, told_.so_far_wh) == (date(2026, 1, 1), 2, 1_560_000)
    # 1,560 + 2 × 1,320 = 4,200 kWh, and the base fee of 1,200 yuan; 9 % tax.
    assert told_.mild.total_minor == round((120_000 + 4_200 * 16) * Decimal("1.09"))
    assert told_.cold.total_minor > told_.mild.total_minor
    assert told_.middle == told_.cold


def test_a_degree_less_saves_the_heat_of_a_kelvin_a_day(contract: Contract) -> None:
    # 73 days at 2 kWh and 0.16 yuan, with tax.
    assert abs(forecast_of(contract).saved_minor - round(73 * 2 * 16 * Decimal("1.09"))) <= 1


def test_how_far_it_is_to_the_cap(contract: Contract) -> None:
    told_ = forecast_of(contract)

    assert told_.cap_minor == 240_000
    assert told_.cap_percent == round(100 * told_.middle.framed_minor / 240_000)
    assert 75 <= (told_.cap_percent or 0) <= 85


def test_above_the_cap_a_degree_less_saves_nothing(contract: Contract) -> None:
    Reading.objects.filter(energy_wh=1_560_000).update(energy_wh=15_600_000)
    told_ = forecast_of(contract)

    assert (told_.mild.total_minor, told_.saved_minor) == (261_600, 0)
    assert (told_.cap_percent or 0) > 100


def test_every_reason_why_nobody_can_say_is_a_sentence(contract: Contract) -> None:
    way = access(contract)
    with pytest.raises(NoForecastError, match="No heating season runs today"):
        forecast(way, at=datetime(2026, 6, 1, tzinfo=UTC))
    DegreeDays.objects.filter(month__year=2025, month__month__gt=10).delete()
    with pytest.raises(NoForecastError, match="not yet three weeks"):
        forecast(way, at=NOW)
    DegreeDays.objects.all().delete()
    with pytest.raises(NoForecastError):
        forecast(way, at=NOW)
    Reading.objects.all().delete()
    with pytest.raises(NoForecastError, match="No meter reading of this season"):
        forecast(way, at=NOW)


def test_a_winter_counts_only_where_all_its_months_are_known() -> None:
    ahead = Period(date(2025, 12, 20), date(2026, 2, 10))
    known = {
        date(2024, 12, 1): Decimal(600),
        date(2025, 1, 1): Decimal(620),
        date(2025, 2, 1): Decimal(560),
        date(2024, 1, 1): Decimal(700),
        date(2024, 2, 1): Decimal(700),
    }
    (cold,) = winters(known, ahead)

    assert cold.of(Period(date(2026, 1, 1), date(2026, 2, 1))) == 620
    assert cold.of(ahead, less_k=Decimal(20)) == 0


def test_cold_is_shared_by_days() -> None:
    cold = Cold(by_month={date(2026, 1, 1): Decimal(620), date(2026, 2, 1): Decimal(560)})

    assert cold.of(Period(date(2026, 1, 31), date(2026, 2, 2))) == 40
    assert cold.of(Period(date(2026, 1, 31), date(2026, 2, 2)), less_k=Decimal(1)) == 38

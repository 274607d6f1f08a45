"""Heat used, in bars and words."""

from datetime import UTC, datetime, timedelta

import numpy as np
from django.utils import timezone, translation

from accounts.period import Period
from config.page.panels.use import UsePanel, resolution_named, span, use_panel
from metering.enums import Quality, Resolution
from metering.queries.consumption import ConsumptionSeries

MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)
DAY = timedelta(days=1)


def a_panel(
    wh: dict[int, int], *, quality: Quality = Quality.MEASURED, resolution: Resolution = Resolution.DAY
) -> UsePanel:
    """A panel of ``wh`` by the number of the interval."""
    step = DAY if resolution == Resolution.DAY else timedelta(hours=1)
    starts = [MIDNIGHT + step * n for n in wh]
    series = ConsumptionSeries(
        resolution=resolution,
        starts=starts,
        ends=[start + step for start in starts],
        energy_wh=np.array(list(wh.values()), dtype=np.int64),
        quality=[quality] * len(wh),
        complete_until=None,
        gaps=[],
    )
    with timezone.override("Asia/Shanghai"):
        return use_panel(series, resolution=resolution)


def test_days_are_the_homes_own_and_energy_is_in_kilowatt_hours() -> None:
    panel = a_panel({0: 30_000, 1: 38_240})

    assert [slot.label for slot in panel.bars] == ["January 5", "January 6"]
    assert [slot.figure for slot in panel.bars] == ["30.0 kWh", "38.2 kWh"]
    assert panel.sentence == "68 kWh in 2 days; most on January 6 with 38.2 kWh."
    assert panel.top_kwh == 40.0


def test_a_day_without_a_reading_is_a_gap_not_a_zero() -> None:
    panel = a_panel({0: 30_000, 2: 31_000})

    assert [slot.kind for slot in panel.bars] == ["bar", "gap", "bar"]
    assert panel.bars[1].words == "January 6: no reading"
    assert panel.gaps == 1
    assert panel.sentence.startswith("61 kWh in 2 days")


def test_an_estimate_is_drawn_lighter_and_called_one() -> None:
    panel = a_panel({0: 30_000}, quality=Quality.ESTIMATED)

    assert panel.bars[0].kind == "bar estimated"
    assert panel.bars[0].figure == "30.0 kWh (Estimated)"
    assert panel.estimates == 1


def test_hours_say_their_hour() -> None:
    panel = a_panel({7: 1_500}, resolution=Resolution.HOUR)

    assert panel.bars[0].label == "January 5 07:00"
    assert panel.sentence == "2 kWh in 1 hour."


def test_the_newest_day_leads_the_table() -> None:
    panel = a_panel({0: 30_000, 1: 38_240})

    assert [slot.label for slot in panel.newest_first] == ["January 6", "January 5"]


def test_no_reading_is_an_empty_panel() -> None:
    panel = a_panel({})

    assert panel.bars == []
    assert panel.sentence == ""


def test_a_strange_resolution_in_the_address_means_days() -> None:
    assert resolution_named("hour") == Resolution.HOUR
    assert resolution_named("raw") == Resolution.DAY
    assert resolution_named(None) == Resolution.DAY


def test_the_panel_looks_back_thirty_days_or_two() -> None:
    assert span(Resolution.DAY, now=MIDNIGHT) == Period(MIDNIGHT - timedelta(days=30), MIDNIGHT)
    assert span(Resolution.HOUR, now=MIDNIGHT) == Period(MIDNIGHT - timedelta(hours=48), MIDNIGHT)


def test_chinese_readers_get_chinese_dates() -> None:
    with translation.override("zh-hans"):
        panel = a_panel({0: 30_000})

    assert panel.bars[0].label == "1月5日"

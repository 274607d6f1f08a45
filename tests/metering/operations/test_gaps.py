"""What a meter must have said and nobody heard is found, asked for, filled, or given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from prometheus_client import REGISTRY

from accounts.models import Household, Utility
from accounts.scope import utility_scope
from config.mqtt import broker_address, new_client, start
from metering.enums import GapKind, GapState
from metering.models import Device, Installation, Reading, ReadingGap
from metering.mqtt.ingestor import count_gaps
from metering.operations.gaps import LOOKED_AT, PATIENCE, TRIES, Gaps, ask_again, find_gaps
from metering.queries.gaps import COUNTS
from metering.tasks import _publish
from tests.factories import a_household, a_utility
from tests.metering.factories import NOON, a_gateway, a_meter
from tests.metering.mqtt.processes import until

HOUR = timedelta(hours=1)
NOW = NOON + 24 * HOUR


class Broker:
    """Keeps what it is given, and takes it or not."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes, self.said = takes, list[tuple[str, dict[str, Any]]]()

    def __call__(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
        self.said += messages
        return [self.takes] * len(messages)


def hear(meter: Device, hours: Iterable[int], *, seq: dict[int, int] | None = None) -> None:
    """Readings at so many hours after noon."""
    Reading.objects.bulk_create(
        Reading(
            device=meter,
            measured_at=NOON + n * HOUR,
            energy_wh=1000 * n,
            received_at=NOON + n * HOUR,
            raw=None if seq is None else {"seq": seq[n]},
        )
        for n in hours
    )


def gaps() -> list[tuple[int, int | None, str, int, str]]:
    """All of them, in hours after noon."""
    return [
        (
            (gap.starts_at - NOON) // HOUR,
            None if gap.ends_at is None else (gap.ends_at - NOON) // HOUR,
            gap.kind,
            gap.missing,
            gap.state,
        )
        for gap in ReadingGap.objects.order_by("starts_at")
    ]


def test_a_step_longer_than_usual_is_a_gap_and_looking_again_finds_nothing_new(household: Household) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    assert find_gaps(at=NOW) == Gaps(found=1, filled=0)
    assert gaps() == [(9, 13, GapKind.INTERVAL, 3, GapState.OPEN)]
    assert find_gaps(at=NOW) == Gaps(found=0, filled=0)


def test_an_unbroken_series_has_none_nor_has_a_meter_nobody_knows_the_habits_of(household: Household) -> None:
    hear(a_meter(household=household), range(25))
    hear(a_meter(household=household), [0, 20])
    assert find_gaps(at=NOW) == Gaps(found=0, filled=0)


def test_a_meter_that_counts_says_itself_what_is_missing_and_what_is_not(household: Household) -> None:
    counted = {n: n for n in range(25)} | {n: n + 2 for n in range(20, 25)}
    hear(a_meter(household=household), range(25), seq=counted)
    # It paused, but lost nothing: the next number came after the pause.
    paused = {**{n: n for n in range(10)}, **{n: n - 5 for n in range(15, 25)}}
    hear(a_meter(household=household), paused, seq=paused)
    # It began to count anew.
    hear(a_meter(household=household), range(25), seq={n: n % 8 for n in range(25)})
    find_gaps(at=NOW)
    assert gaps() == [(19, 20, GapKind.SEQUENCE, 2, GapState.OPEN)]


def test_what_arrives_late_fills_a_gap_and_a_part_of_it_leaves_a_smaller_one(household: Household) -> None:
    meter = a_meter(household=household)
    hear(meter, [*range(8), *range(12, 25)])
    find_gaps(at=NOW)
    hear(meter, [8, 9])
    assert find_gaps(at=NOW) == Gaps(found=1, filled=1)
    assert gaps() == [
        (7, 12, GapKind.INTERVAL, 4, GapState.FILLED),
        (9, 12, GapKind.INTERVAL, 2, GapState.OPEN),
    ]
    hear(meter, [10, 11])
    assert find_gaps(at=NOW) == Gaps(found=0, filled=1)
    assert {gap.state for gap in ReadingGap.objects.all()} == {GapState.FILLED}


def test_a_silent_meter_is_a_gap_without_an_end_until_it_speaks(household: Household) -> None:
    meter = a_meter(household=household)
    hear(meter, range(20))
    assert find_gaps(at=NOON + 22 * HOUR) == Gaps(found=0, filled=0)
    find_gaps(at=NOON + 23 * HOUR)
    assert gaps() == [(19, None, GapKind.SILENCE, 4, GapState.OPEN)]
    hear(meter, [24])
    find_gaps(at=NOW)
    assert gaps() == [(19, 24, GapKind.INTERVAL, 4, GapState.OPEN)]


@pytest.mark.parametrize("hours", [0, 1, 15, 40])
def test_who_was_asked_in_vain_while_it_was_silent_is_asked_anew_when_it_speaks(
    household: Household, hours: int
) -> None:
    meter = a_meter(household=household)
    hear(meter, range(20))
    find_gaps(at=NOW)
    for hour in range(hours + 1):
        ask_again(at=NOW + hour * PATIENCE, publish=Broker())
    later = NOW + (hours + 2) * HOUR
    hear(meter, [26 + hours])
    find_gaps(at=later)
    assert gaps() == [(19, 26 + hours, GapKind.INTERVAL, 6 + hours, GapState.OPEN)]
    gap = ReadingGap.objects.get()
    assert (gap.tries, gap.asked_at, gap.closed_at) == (0, None, None)
    assert ask_again(at=later, publish=Broker()) == 1


def test_a_gap_older_than_what_is_looked_at_is_filled_when_as_many_came_as_were_missing(
    household: Household,
) -> None:
    meter = a_meter(household=household)
    hear(meter, [*range(10), *range(20, 30)])
    find_gaps(at=NOON + 30 * HOUR)
    hear(meter, [12, *range(30, 30 + LOOKED_AT)])
    much_later = NOON + (30 + LOOKED_AT) * HOUR
    assert find_gaps(at=much_later) == Gaps(found=0, filled=0)
    assert gaps() == [(9, 20, GapKind.INTERVAL, 10, GapState.OPEN)]
    hear(meter, [10, 11, *range(13, 20)])
    assert find_gaps(at=much_later) == Gaps(found=0, filled=1)


def test_a_meter_that_was_taken_down_is_not_missed_and_the_neighbour_s_is_not_seen(
    household: Household,
) -> None:
    meter = a_meter(household=household)
    hear(meter, range(12))
    Installation.objects.filter(device=meter).update(ends_at=NOON + 12 * HOUR)
    with utility_scope(a_utility(slug="other")):
        hear(a_meter(household=a_household()), range(12))
    assert find_gaps(at=NOW) == Gaps(found=0, filled=0)


def test_the_carrier_is_asked_for_the_meter_and_the_span(scoped: Utility, household: Household) -> None:
    gateway = a_gateway()
    hear(a_meter(household=household, gateway=gateway, serial="58496405"), [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    broker = Broker()
    assert ask_again(at=NOW, publish=broker) == 1
    gap = ReadingGap.objects.get()
    wanted = {"request": gap.pk, "meter": "58496405", "from": "2026-01-05T13:00:00Z"}
    topic = f"heat/v1/{scoped.slug}/down/{gateway.identity}/backfill"
    assert broker.said == [(topic, {**wanted, "to": "2026-01-05T17:00:00Z"})]
    assert (gap.state, gap.tries, gap.asked_at) == (GapState.ASKED, 1, NOW)


def test_it_is_asked_ever_more_rarely_then_given_up_and_filled_all_the_same(household: Household) -> None:
    meter = a_meter(household=household)
    hear(meter, [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    broker = Broker()
    asked = [hour for hour in range(48) if ask_again(at=NOW + hour * PATIENCE, publish=broker)]
    assert asked == [0, 1, 3, 7, 15]
    assert len(asked) == TRIES
    assert ReadingGap.objects.get().state == GapState.GIVEN_UP
    hear(meter, [10, 11, 12])
    assert find_gaps(at=NOW) == Gaps(found=0, filled=1)


def test_a_meter_nobody_can_ask_takes_no_other_s_place(household: Household) -> None:
    mute, asked = a_meter(household=household), a_meter(household=household)
    Device.objects.filter(pk=mute.pk).update(identity="")
    hear(mute, [*range(5), *range(13, 25)])
    hear(asked, [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    assert ask_again(at=NOW, publish=Broker(), at_once=1) == 1
    assert ReadingGap.objects.get(state=GapState.ASKED).device == asked


def test_the_gaps_that_are_not_filled_are_counted_without_reading_the_filled_ones(
    household: Household,
) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {COUNTS}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "metering_readinggap_unfilled" in plan


def test_what_the_broker_did_not_take_was_not_asked(household: Household) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    assert ask_again(at=NOW, publish=Broker(takes=False)) == 0
    gap = ReadingGap.objects.get()
    assert (gap.state, gap.tries, gap.asked_at) == (GapState.OPEN, 0, None)


def test_a_repetition_that_the_broker_did_not_take_leaves_the_times_asked_as_they_were(
    household: Household,
) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    ask_again(at=NOW, publish=Broker())
    assert ask_again(at=NOW + PATIENCE, publish=Broker(takes=False)) == 0
    gap = ReadingGap.objects.get()
    assert (gap.state, gap.tries, gap.asked_at) == (GapState.ASKED, 1, NOW)


def test_a_gap_is_marked_and_its_lock_let_go_before_anybody_is_asked(household: Household) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    outside = len(connection.savepoint_ids)

    def crash(_messages: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
        assert len(connection.savepoint_ids) == outside
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        ask_again(at=NOW, publish=crash)
    gap = ReadingGap.objects.get()
    assert (gap.state, gap.tries, gap.asked_at) == (GapState.ASKED, 1, NOW)
    # A crash is a time in vain: it is asked for again, later.
    assert ask_again(at=NOW, publish=Broker()) == 0
    assert ask_again(at=NOW + PATIENCE, publish=Broker()) == 1


def test_what_was_filled_while_the_broker_was_asked_stays_filled(household: Household) -> None:
    meter = a_meter(household=household)
    hear(meter, [*range(10), *range(13, 25)])
    find_gaps(at=NOW)

    def fill(messages: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
        hear(meter, [10, 11, 12])
        find_gaps(at=NOW)
        return [False] * len(messages)

    ask_again(at=NOW, publish=fill)
    assert ReadingGap.objects.get().state == GapState.FILLED


def test_the_gaps_that_are_not_filled_are_a_figure_for_prometheus(household: Household) -> None:
    hear(a_meter(household=household), [*range(10), *range(13, 25)])
    hear(a_meter(household=household), [*range(5), *range(8, 25)])
    find_gaps(at=NOW)
    ReadingGap.objects.filter(starts_at=NOON + 4 * HOUR).update(state=GapState.GIVEN_UP, closed_at=NOW)
    count_gaps()
    shown = {
        state: REGISTRY.get_sample_value("hearthline_reading_gaps", {"state": state})
        for state in ("open", "asked", "given_up")
    }
    assert shown == {"open": 1.0, "asked": 0.0, "given_up": 1.0}


def test_a_real_device_hears_what_it_is_asked(scoped: Utility, household: Household) -> None:
    meter = a_meter(household=household)
    hear(meter, [*range(10), *range(13, 25)])
    find_gaps(at=NOW)
    address = broker_address(settings.MQTT_URL)
    device = new_client(client_id="gap-test-device", address=address)
    heard: list[dict[str, Any]] = []
    subscribed: list[object] = []
    device.on_message = lambda _client, _data, message: heard.append(orjson.loads(message.payload))
    device.on_subscribe = lambda *_details: subscribed.append(1)
    start(device, address)
    until(device.is_connected, "the device connects")
    device.subscribe(f"heat/v1/{scoped.slug}/down/{meter.identity}/backfill", qos=1)
    until(lambda: bool(subscribed), "it listens")
    assert ask_again(at=NOW, publish=_publish) == 1
    until(lambda: bool(heard), "it hears")
    device.disconnect()
    device.loop_stop()
    assert heard[0]["meter"] == meter.serial


@pytest.mark.parametrize(
    "wrong", [{"ends_at": NOON}, {"missing": 0}, {"state": GapState.FILLED}, {"tries": 1}]
)
def test_the_database_refuses_a_gap_that_contradicts_itself(
    household: Household, wrong: dict[str, Any]
) -> None:
    meter = a_meter(household=household)
    said = {"device": meter, "starts_at": NOON, "kind": GapKind.SILENCE, "missing": 1, "found_at": NOON}
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingGap.objects.create(**{**said, **wrong})

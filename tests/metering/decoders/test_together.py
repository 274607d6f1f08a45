"""Many payloads at once are read as each would be alone, whatever they are."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.decoders import MeterRecord, Payload, decode, decode_many
from metering.decoders.together import MANY
from tests.metering.decoders.mutations import BEIJING, RECEIVED, mutated, seeds

PLAIN: dict[str, Any] = {
    "measured_at": "2026-01-05T06:00:00Z",
    "energy_kwh": 6884.0,
    "volume_m3": 645.319,
    "power_kw": 0.111,
    "status": "OK",
}
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-10, 1e6).map(lambda value: round(value, 3)),
    st.integers(-10, 2**63),
    st.sampled_from([0, -0.0, 1e11, 1e11 + 1, 0.0005, 1.0005, 2.5e-7, 250, 250.0000001, -40]),
)
anything = st.one_of(numbers, st.none(), st.booleans(), st.text(max_size=3), st.lists(numbers, max_size=2))
instants = st.one_of(
    st.sampled_from(
        ["2026-01-05T06:00:00Z", "2026-01-05T14:00:00+08:00", "2026-01-05T06:00:00", "2099-01-01T00:00:00Z"]
    ),
    st.sampled_from(["1999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "yesterday", "", None, 5]),
)
entries = st.fixed_dictionaries(
    {"measured_at": instants, "energy_kwh": numbers},
    optional={
        "volume_m3": numbers,
        "power_kw": numbers,
        "flow_m3_h": anything,
        "supply_c": numbers,
        "return_c": anything,
        "status": st.sampled_from(["OK", "", "TEMPORARY_ERROR", None, 7, "x" * 1001]),
        "id": st.sampled_from(["58496405", "", None, 3, "y" * 33]),
        "seq": anything,
        "energy_wh": numbers,
        "frame": st.just("68"),
    },
)


def payload(document: Any) -> Payload:  # noqa: ANN401 - JSON
    body = document if isinstance(document, bytes) else orjson.dumps(document)
    return Payload("reading", body, RECEIVED, BEIJING)


@given(st.lists(st.one_of(entries, st.lists(entries, max_size=4)), min_size=1, max_size=40))
def test_entries_of_any_kind_are_read_alike(said: list[Any]) -> None:
    payloads = [payload(one) for one in said]
    assert decode_many(payloads) == [decode(*one) for one in payloads]


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=MANY, max_size=30))
def test_numbers_of_any_size_in_one_shape_are_read_alike(rows: list[tuple[float, float, float]]) -> None:
    """All of one shape, so that the columns are what is tried."""
    payloads = [
        payload({**PLAIN, "energy_kwh": energy, "volume_m3": volume, "power_kw": power})
        for energy, volume, power in rows
    ]
    assert decode_many(payloads) == [decode(*one) for one in payloads]


@pytest.mark.parametrize("seed", range(4))
def test_mutated_telegrams_of_every_format_among_sound_ones_are_read_alike(seed: int) -> None:
    chance, corpus = random.Random(seed), seeds()  # noqa: S311 - to be repeated
    sound = [payload({**PLAIN, "energy_kwh": 6884 + n / 100}) for n in range(50)]
    spoilt = [payload(mutated(telegram, chance)) for _name, telegram in corpus for _ in range(5)]
    natives = [payload(mutated(PLAIN, chance)) for _ in range(400)]
    payloads = [*sound, *spoilt, *natives]
    chance.shuffle(payloads)
    assert decode_many(payloads) == [decode(*one) for one in payloads]


def test_each_message_is_judged_by_its_own_arrival() -> None:
    """The future of one message may be the past of the next in the same batch."""
    early = RECEIVED - timedelta(hours=1)
    payloads = [Payload("reading", orjson.dumps(PLAIN), at, BEIJING) for at in [early, RECEIVED] * MANY]
    decoded = decode_many(payloads)
    assert decoded == [decode(*one) for one in payloads]
    assert [len(one.records) for one in decoded[:2]] == [0, 1]


def test_what_is_kept_and_exact_stays_so() -> None:
    entry = {**PLAIN, "energy_kwh": 6884.0005, "seq": 7, "maker": "Kamstrup"}
    (first, *_rest) = decode_many([payload(entry)] * MANY)
    (record,) = first.records
    assert isinstance(record, MeterRecord)
    assert (record.energy_wh, record.measured_at) == (6_884_000, datetime(2026, 1, 5, 6, tzinfo=UTC))
    assert record.raw is not None
    assert orjson.loads(record.raw) == {"energy_kwh": 6884.0005, "seq": 7, "maker": "Kamstrup"}

"""Laws that hold for every payload: no input crashes, registers are exact, nothing gets lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.decoders import CHANNELS, MeterRecord, decode
from metering.decoders.formats import NATIVE, WMBUSMETERS

RECEIVED = datetime(2026, 1, 5, 6, tzinfo=UTC)
FIELDS = sorted(
    {"measured_at", "timestamp", "meter", "_", "id", "status", "points", "online", "at", "temperature_c"}
    | set(NATIVE.rules)
    | {field for driver in WMBUSMETERS.values() for field in driver.rules}
)
INSTANTS = st.datetimes(
    min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, None]),
).map(datetime.isoformat)
# A NUL spoils a whole payload, and has its own test.
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | INSTANTS
    | st.sampled_from(sorted(WMBUSMETERS))
)
ENTRIES = st.dictionaries(st.sampled_from(FIELDS) | TEXTS, LEAVES | st.lists(LEAVES, max_size=3), max_size=12)
DOCUMENTS = ENTRIES | st.lists(ENTRIES | LEAVES, max_size=4) | LEAVES


@pytest.mark.parametrize("channel", CHANNELS)
@given(payload=st.binary(max_size=200))
def test_no_bytes_crash_a_decoder(channel: str, payload: bytes) -> None:
    decoded = decode(channel, payload, received_at=RECEIVED)
    assert decoded.records or decoded.faults


@pytest.mark.parametrize("channel", CHANNELS)
@given(document=DOCUMENTS)
def test_no_json_crashes_a_decoder_and_none_of_it_vanishes(channel: str, document: Any) -> None:  # noqa: ANN401 - JSON
    decoded = decode(channel, orjson.dumps(document), received_at=RECEIVED)
    entries = document if isinstance(document, list) else [document]
    assert len(decoded.records) + len(decoded.faults) >= max(len(entries), 1)
    assert all(fault.detail for fault in decoded.faults)


@given(written=st.decimals(0, 10**9, places=4) | st.floats(0, 1e10).map(repr).map(Decimal))
def test_a_register_is_what_decimals_make_of_its_digits(written: Decimal) -> None:
    payload = b'{"measured_at": "2026-01-05T05:00:00Z", "volume_m3": %s}' % format(written, "f").encode()
    (record,) = decode("reading", payload, received_at=RECEIVED).records
    assert isinstance(record, MeterRecord)
    exact = Decimal(repr(orjson.loads(payload)["volume_m3"])) * 1000
    assert (record.volume_l, record.raw is None) == (round(exact), round(exact) == exact)


@given(milli=st.integers(0, 10**13))
def test_a_register_written_to_the_watt_hour_is_exact(milli: int) -> None:
    payload = b'{"measured_at": "2026-01-05T05:00:00Z", "energy_kwh": %d.%03d}' % divmod(milli, 1000)
    (record,) = decode("reading", payload, received_at=RECEIVED).records
    assert isinstance(record, MeterRecord)
    assert (record.energy_wh, record.raw) == (milli, None)


@given(kwh=st.decimals(min_value=0, max_value=10**6, places=6))
def test_a_finer_register_is_rounded_and_kept_as_it_was_written(kwh: Decimal) -> None:
    payload = b'{"measured_at": "2026-01-05T05:00:00Z", "energy_kwh": %b}' % str(kwh).encode()
    (record,) = decode("reading", payload, received_at=RECEIVED).records
    assert isinstance(record, MeterRecord)
    assert record.energy_wh is not None
    assert abs(record.energy_wh - kwh * 1000) <= Decimal("0.5")
    is_whole = kwh * 1000 == int(kwh * 1000)
    assert (record.raw is None) == is_whole
    assert is_whole or Decimal(repr(orjson.loads(record.raw or b"")["energy_kwh"])) == kwh


@given(ENTRIES, st.timedeltas(timedelta(0), timedelta(days=3650)))
def test_what_is_unknown_is_kept(extra: dict[str, Any], ago: timedelta) -> None:
    unknown = {f"x{name}": value for name, value in extra.items()}
    entry = {"measured_at": (RECEIVED - ago).isoformat(), "energy_kwh": 1, **unknown}
    decoded = decode("reading", orjson.dumps(entry), received_at=RECEIVED)
    assert decoded.faults == []
    (record,) = decoded.records
    assert isinstance(record, MeterRecord)
    assert orjson.loads(record.raw or b"{}") == orjson.loads(orjson.dumps(unknown))

"""Golden telegrams of the formats that are not wmbusmeters' JSON: what was sent, and what it means."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
import pytest

from metering.decoders import MeterRecord, decode

FILES: Final = sorted((Path(__file__).parent / "golden").glob("*.json"))
TELEGRAMS: Final = {
    f"{file.stem}: {golden['model']}": golden
    for file in FILES
    for golden in orjson.loads(file.read_bytes())["telegrams"]
}
RECEIVED: Final = datetime(2026, 1, 5, 6, 0, 30, tzinfo=UTC)
BEIJING: Final = ZoneInfo("Asia/Shanghai")


def sent(golden: dict[str, Any]) -> bytes:
    """The telegram as a device publishes it: a frame's text bare, everything else as JSON."""
    payload = golden["payload"]
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def shown(value: object) -> object:
    """As JSON has it."""
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("name", TELEGRAMS)
def test_a_golden_telegram_means_what_it_says(name: str) -> None:
    golden = TELEGRAMS[name]
    decoded = decode("reading", sent(golden), RECEIVED, zone=BEIJING)
    assert decoded.faults == []
    said = []
    for record in decoded.records:
        assert isinstance(record, MeterRecord)
        fields = {
            name: value for name, value in record._asdict().items() if name != "raw" and value is not None
        }
        said.append({name: shown(value) for name, value in fields.items()})
    expected = golden["expect"] if isinstance(golden["expect"], list) else [golden["expect"]]
    assert said == expected


def test_every_file_says_where_its_layout_comes_from() -> None:
    assert len(FILES) >= 4
    assert all(orjson.loads(file.read_bytes())["layout"] for file in FILES)

"""Mutated telegrams of every format, and what no record may claim that came out of one.

Seeded: the n-th mutation of a seed is the same for ever. ``python -m tests.metering.decoders.mutations`` runs
the full size on two processes; MUTATIONS and SEED in the environment change it.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from metering.decoders import MeterRecord, decode
from metering.decoders.values import BESIDE_RANGES, EARLIEST, FUTURE, RANGES
from tests.metering.decoders.telegrams import mbus_frame

RECEIVED: Final = datetime(2026, 1, 5, 6, 0, 30, tzinfo=UTC)
BEIJING: Final = ZoneInfo("Asia/Shanghai")
FULL: Final = 1_000_000
WORKERS: Final = 2
SHARE: Final = 20_000  # mutations a task
FRAMED: Final = "12345678"
FIELDS: Final = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c")
ODD: Final[tuple[Any, ...]] = (
    *(
        None,
        True,
        False,
        "",
        "0",
        "x" * 50,
        -1,
        0,
        2**63,
        2**64 - 1,
        -(2**63),
        1e308,
        -0.0,
        1e-300,
        [],
        {},
        [1],
    ),
    *("2026-01-05", "2026-01-05T06:00:00Z", "0001-01-01", "9999-12-31T23:59:59", "NaN"),
)


def seeds() -> list[tuple[str, Any]]:
    """A format's name and a sound payload of it: every golden telegram, the native form and a list of it."""
    native = {
        "measured_at": "2026-01-05T06:00:00Z",
        "energy_kwh": 6884.0,
        "volume_m3": 645.319,
        "supply_c": 51.7,
    }
    # In a gateway's list an entry that is spoilt must not take its neighbours with it.
    listed = [{**native, "id": f"7000000{n}", "energy_kwh": 6884.0 + n} for n in range(3)]
    found: list[tuple[str, Any]] = [("native", native), ("native list", listed)]
    for file in sorted((Path(__file__).parent / "golden").glob("*.json")):
        telegrams = orjson.loads(file.read_bytes())["telegrams"]
        found += [(file.stem, golden["payload"]) for golden in telegrams]
    return found


def serials() -> set[str]:
    """The serial numbers of the meters that the sound payloads speak of."""
    found = [decode("reading", _plain(payload), RECEIVED, zone=BEIJING).records for _name, payload in seeds()]
    records = [record for records in found for record in records if isinstance(record, MeterRecord)]
    return {record.serial for record in records} - {""}


def _plain(payload: Any) -> bytes:  # noqa: ANN401 - JSON
    return payload.encode() if isinstance(payload, str) else orjson.dumps(payload)


def mutated(payload: Any, chance: random.Random) -> bytes:  # noqa: ANN401 - JSON
    """``payload`` with one to four things wrong; of frames, half have their checksum mended afterwards."""
    if isinstance(payload, str):
        return _frame(bytes.fromhex(payload), chance)
    document = orjson.loads(orjson.dumps(payload))
    for _ in range(chance.randint(1, 4)):
        _spoil(document, chance)
    text = bytearray(orjson.dumps(document))
    if chance.random() < 0.3:
        _spoil_bytes(text, chance)
    return bytes(text)


def _frame(frame: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(frame.lstrip(b"\xfe"))
    for _ in range(chance.randint(1, 4)):
        _spoil_bytes(spoilt, chance)
    if chance.random() < 0.7 and len(spoilt) > 14:
        _mend(spoilt)
    form = chance.randrange(3)
    if form == 0:
        return bytes(spoilt)
    return spoilt.hex().encode() if form == 1 else orjson.dumps([{"frame": spoilt.hex()}, spoilt.hex()])


def _mend(frame: bytearray) -> None:
    """Lengths and checksum as they should be, so that what is behind them is read."""
    frame[0], frame[-1] = 0x68, 0x16
    if frame[3] == 0x68:
        frame[1] = frame[2] = (len(frame) - 6) & 0xFF
        frame[-2] = sum(frame[4:-2]) & 0xFF
    else:
        frame[10] = (len(frame) - 13) & 0xFF
        frame[-2] = sum(frame[:-2]) & 0xFF


def _spoil_bytes(text: bytearray, chance: random.Random) -> None:
    kind, place = chance.randrange(5), chance.randrange(len(text)) if text else 0
    if kind == 0 and text:
        text[place] = chance.randrange(256)
    elif kind == 1 and text:
        text[place] ^= 1 << chance.randrange(8)
    elif kind == 2:
        text.insert(place, chance.randrange(256))
    elif kind == 3:
        del text[place : place + chance.randint(1, 3)]
    else:
        text[place:place] = text[place : place + chance.randint(1, 12)]


def _spoil(document: Any, chance: random.Random) -> None:  # noqa: ANN401 - JSON
    """One field or item somewhere in the document: gone, twice, or something odd."""
    while True:
        keys = list(document) if isinstance(document, dict) else list(range(len(document)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(document[key], dict | list) or chance.random() < 0.2:
            break
        document = document[key]
    kind = chance.randrange(4)
    if kind == 0:
        del document[key]
    elif kind == 1 and isinstance(document[key], int | float):
        document[key] = float(document[key]) * chance.choice((-1, 0, 10, 1e-3, 1e9))
    elif kind == 2 and isinstance(document, dict):
        document[chance.choice(("id", "energy_kwh", "total_kwh", "timestamp", "values", "data", "frame"))] = (
            document[key]
        )
    else:
        document[key] = chance.choice(ODD)


def contradiction(decoded: list[MeterRecord]) -> str:
    """What is wrong with the records on their own account; empty if nothing is."""
    for record in decoded:
        if record.energy_wh is None and record.volume_l is None:
            return "no register"
        if not EARLIEST <= record.measured_at <= RECEIVED + FUTURE:
            return f"measured at {record.measured_at}"
        for field in FIELDS:
            value, (low, high) = getattr(record, field), RANGES[field]
            if value is not None and not low <= value <= high:
                return f"{field} is {value}"
        if problem := beside(record):
            return problem
        if record.raw is not None:
            orjson.loads(record.raw)
    return ""


def beside(record: MeterRecord) -> str:
    """What is wrong with the hours in error or the frozen register; empty if nothing is."""
    for field, (low, high) in BESIDE_RANGES.items():
        value = getattr(record, field)
        if value is not None and not low <= value <= high:
            return f"{field} is {value}"
    if record.target_at is None:
        return ""
    if record.target_wh is None:
        return f"nothing was frozen at {record.target_at}"
    if not EARLIEST - timedelta(days=1) <= record.target_at <= RECEIVED + FUTURE:
        return f"frozen at {record.target_at}"
    return ""


def run(seed: int, count: int) -> Counter[str]:
    """Decode ``count`` mutations; how many of each format ended as what.

    Raises:
        AssertionError: a record contradicts itself or its own encodings, or nothing at all was said.
    """
    chance, corpus, ends = random.Random(seed), seeds(), Counter[str]()  # noqa: S311 - to be repeated
    for n in range(count):
        name, sound = corpus[n % len(corpus)]
        payload = mutated(sound, chance)
        decoded = decode("reading", payload, RECEIVED, zone=BEIJING)
        records = [record for record in decoded.records if isinstance(record, MeterRecord)]
        problem = contradiction(records) or reencoded(records)
        if problem or not (decoded.records or decoded.faults):
            raise AssertionError(f"seed {seed}, mutation {n}: {problem or 'nothing said'}: {payload!r}")
        ends[f"{name}: {'read' if records else 'refused'}"] += 1
    return ends


def reencoded(records: list[MeterRecord]) -> str:
    """What the records say otherwise when they are encoded again; empty where they say the same."""
    for record in records:
        again = decode("reading", native(record), RECEIVED + timedelta(seconds=1))
        if len(again.records) != 1 or again.faults:
            return f"its native form is refused: {[fault.detail for fault in again.faults]}"
        said = again.records[0]
        if said[1:4] != record[1:4] or any(
            not _same(getattr(said, field), getattr(record, field)) for field in FIELDS
        ):
            return f"its native form says {said}, not {record}"
        if problem := framed(record):
            return problem
    return ""


def framed(record: MeterRecord) -> str:
    """What an M-Bus frame with the record's registers says otherwise; empty where it says the same."""
    blocks = "".join(
        code + value.to_bytes(8, "little").hex()
        for code, value in (("0703", record.energy_wh), ("0713", record.volume_l))
        if value is not None
    )
    text = mbus_frame(blocks, serial=FRAMED).hex()
    entry = {"measured_at": record.measured_at.isoformat(), "frame": text}
    again = decode("reading", orjson.dumps(entry), RECEIVED)
    if again.faults or again.records[0][:4] != (FRAMED, *record[1:4]):
        return f"its M-Bus form says {again}, not {record}"
    return ""


def native(record: MeterRecord) -> bytes:
    """A record in our own JSON."""
    fields = {"energy_wh": record.energy_wh, "volume_l": record.volume_l, "power_w": record.power_w}
    fields |= {"flow_lh": record.flow_l_h, "supply_c": record.supply_c, "return_c": record.return_c}
    return orjson.dumps({"measured_at": record.measured_at.isoformat(), **fields})


def _same(one: float | None, other: float | None) -> bool:
    return one == other if one is None or other is None else abs(one - other) <= 1e-6 * max(1.0, abs(other))


def shares(seed: int, total: int) -> Iterator[tuple[int, int]]:
    """Seeds and sizes of the tasks that make ``total``."""
    for n, start in enumerate(range(0, total, SHARE)):
        yield seed + n, min(SHARE, total - start)


def main() -> None:
    """Run the full size and say what came out."""
    total, seed = int(os.environ.get("MUTATIONS", FULL)), int(os.environ.get("SEED", "1"))
    started, ends = time.perf_counter(), Counter[str]()
    with ProcessPoolExecutor(WORKERS) as pool:
        tasks = [pool.submit(run, *share) for share in shares(seed, total)]
        for done, task in enumerate(tasks, start=1):
            ends += task.result()
            sys.stderr.write(f"\r{done} of {len(tasks)}")
    seconds = time.perf_counter() - started
    lines = [f"{end:24} {count:9,}" for end, count in sorted(ends.items())]
    sys.stdout.write("\n".join([f"\n{ends.total():,} mutations in {seconds:.0f} s, seed {seed}", *lines, ""]))


if __name__ == "__main__":
    main()

"""Decoding many payloads at once: what `decode` says of each, sooner.

Readings in our own form come by the thousand and in the same shape. Those of one shape are read column by
column, with numpy; whatever is not plain in every respect is left to `decode`'s own way, entry by entry, so
that every fault has its one sentence. tests/metering/decoders/test_together.py holds the two to each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from metering.decoders.channels import Decoded, decode
from metering.decoders.formats import NATIVE
from metering.decoders.readings import LONGEST_SERIAL, LONGEST_STATUS, WRAPPERS, quality
from metering.decoders.records import MeterRecord, Record
from metering.decoders.values import (
    EARLIEST,
    EXACT_FLOAT,
    FUTURE,
    GAUGE_DIGITS,
    LONGEST_INSTANT,
    Rule,
    moment,
)

# From here on the arrays cost less than the entries one by one.
MANY: Final = 8
SHAPES: Final = 512
NUMBERS: Final = frozenset({float, int})
MILLIONTHS: Final = 10.0**GAUGE_DIGITS
# Closer to a half than this, and the last digit is decimal arithmetic's to decide.
CLEAR: Final = 0.49
TARGETS: Final = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c")


class Payload(NamedTuple):
    """What `decode` is told."""

    channel: str
    payload: bytes
    received_at: datetime
    zone: tzinfo | None


class _Shape(NamedTuple):
    """The fields of an entry by what they are for; ``pick`` takes all of them in this order."""

    pick: itemgetter[Any]
    rules: tuple[Rule, ...]
    fields: tuple[str, ...]
    has_serial: bool
    has_status: bool
    kept: tuple[str, ...]


class _Lot(NamedTuple):
    """The entries of one shape: the place of each in its message, and itself."""

    places: list[tuple[int, int]]
    entries: list[Mapping[str, Any]]


def decode_many(payloads: Sequence[Payload]) -> list[Decoded]:
    """`decode` of each payload, in their order."""
    lots: dict[_Shape, _Lot] = {}
    sizes: dict[int, int] = {}
    for n, one in enumerate(payloads):
        # Of all that can begin with a brace or a bracket, JSON is the only one.
        if one.channel == "reading" and one.payload[:1] in {b"{", b"["}:
            sizes[n] = _sort_out(n, one.payload, lots)
    found: dict[int, list[Record | None]] = {n: [None] * size for n, size in sizes.items() if size}
    for shape, lot in lots.items():
        if len(lot.entries) >= MANY:
            received = min(payloads[n].received_at for n, _place in lot.places)
            for (n, place), record in zip(lot.places, _read(shape, lot.entries, received), strict=True):
                found[n][place] = record
    decoded: list[Decoded] = []
    for n, one in enumerate(payloads):
        records = found.get(n)
        if records is None or None in records:
            decoded.append(decode(*one))
        else:
            decoded.append(Decoded(records, []))  # type: ignore[arg-type] # none of them is None
    return decoded


def _sort_out(n: int, payload: bytes, lots: dict[_Shape, _Lot]) -> int:
    """Put the entries of a message to others of their shape; how many, or 0 where one is not plain."""
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return 0
    entries = document if type(document) is list else [document]
    shapes = [_shape(tuple(entry)) if type(entry) is dict else None for entry in entries]
    if b"\\u0000" in payload:
        return 0
    plain = [shape for shape in shapes if shape is not None]
    if len(plain) < len(entries):
        return 0
    for place, (entry, shape) in enumerate(zip(entries, plain, strict=True)):
        lot = lots.get(shape)
        if lot is None:
            lot = lots[shape] = _Lot([], [])
        lot.places.append((n, place))
        lot.entries.append(entry)
    return len(entries)


@lru_cache(maxsize=SHAPES)
def _shape(fields: tuple[str, ...]) -> _Shape | None:
    """What the fields are for; None where they are not those of a plain native reading."""
    rules = {field: NATIVE.rules[field] for field in fields if field in NATIVE.rules}
    targets = {rule.target for rule in rules.values()}
    if NATIVE.instant not in fields or not WRAPPERS.isdisjoint(fields) or len(targets) < len(rules):
        return None
    if targets.isdisjoint({"energy_wh", "volume_l"}) or any(rule.divisor != 1 for rule in rules.values()):
        return None
    named = {NATIVE.instant, NATIVE.serial, NATIVE.status, *rules}
    kept = tuple(field for field in fields if field not in named)
    has_serial, has_status = NATIVE.serial in fields, NATIVE.status in fields
    order: list[Any] = [
        NATIVE.instant,
        *rules,
        *[NATIVE.serial] * has_serial,
        *[NATIVE.status] * has_status,
        *kept,
    ]
    return _Shape(itemgetter(*order), tuple(rules.values()), tuple(rules), has_serial, has_status, kept)


def _read(shape: _Shape, entries: Sequence[Mapping[str, Any]], received_at: datetime) -> list[Record | None]:
    """A record of each entry; None for one that is not plain. Nothing came before ``received_at``."""
    columns = list(zip(*map(shape.pick, entries), strict=True))
    numbers, texts = columns[1 : 1 + len(shape.rules)], columns[1 + len(shape.rules) :]
    moments = _moments(columns[0], received_at)
    serials, statuses = _named(shape, texts, len(entries))
    nothing = [None] * len(entries)
    are_texts = _are_texts(serials, LONGEST_SERIAL) and _are_texts(statuses, LONGEST_STATUS)
    if moments is None or not are_texts or not _are_numbers(numbers):
        return [*nothing]
    good = np.ones(len(entries), dtype=np.bool_)
    values = {
        rule.target: _in_units(column, rule, good) for rule, column in zip(shape.rules, numbers, strict=True)
    }
    records = map(
        MeterRecord,
        serials,
        [moments[instant] for instant in columns[0]],
        *(values.get(target, nothing) for target in TARGETS),
        statuses,
        map(quality, statuses),
        _kept(shape.kept, texts) if shape.kept else nothing,
    )
    return [
        record if fine and record.measured_at else None
        for record, fine in zip(records, good.tolist(), strict=True)
    ]


def _moments(instants: Sequence[Any], received_at: datetime) -> dict[str, datetime | None] | None:
    """The instants that are meant, by how they are written; None for what needs a sentence."""
    if not _are_texts(instants, LONGEST_INSTANT):
        return None
    found: dict[str, datetime | None] = {}
    for text in set(instants):
        try:
            at = moment(text)
        except (ValueError, OverflowError):
            at = None
        found[text] = at if at is not None and EARLIEST <= at <= received_at + FUTURE else None
    return found


def _named(shape: _Shape, texts: Sequence[Sequence[Any]], count: int) -> tuple[Sequence[Any], Sequence[Any]]:
    """The serial numbers and the statuses; empty texts where none are sent."""
    serials = texts[0] if shape.has_serial else [""] * count
    return serials, texts[shape.has_serial] if shape.has_status else [""] * count


def _are_numbers(columns: Sequence[Sequence[Any]]) -> bool:
    return all(NUMBERS.issuperset(map(type, column)) for column in columns)


def _are_texts(values: Sequence[Any], longest: int) -> bool:
    return {str}.issuperset(map(type, values)) and max(map(len, values)) <= longest


def _array(column: Sequence[float], rule: Rule, good: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The numbers; what cannot be true is not ``good``, and a zero from here on."""
    array = np.array(column, dtype=np.float64)
    inside = (rule.low <= array) & (array <= rule.high)
    good &= inside
    return np.where(inside, array, 0)


def _in_units(column: Sequence[float], rule: Rule, good: NDArray[np.bool_]) -> Sequence[float]:
    return _register(column, rule, good) if rule.is_register else _gauge(column, rule, good)


def _register(column: Sequence[float], rule: Rule, good: NDArray[np.bool_]) -> list[int]:
    """As `values.register` where it proves a float exact; all else is not ``good``."""
    array = _array(column, rule, good)
    units = np.rint(array * rule.whole_factor)
    good &= (np.abs(array) * rule.whole_factor < EXACT_FLOAT) & (units / rule.whole_factor == array)
    whole: list[int] = units.astype(np.int64).tolist()
    return whole


def _gauge(column: Sequence[float], rule: Rule, good: NDArray[np.bool_]) -> list[float]:
    """As `values.gauge`: rounded to six decimals, where binary arithmetic is enough to tell how."""
    scaled = _array(column, rule, good) * rule.scale
    millionths = np.rint(scaled * MILLIONTHS)
    good &= np.abs(scaled * MILLIONTHS - millionths) < CLEAR
    rounded: list[float] = (millionths / MILLIONTHS).tolist()
    return rounded


def _kept(fields: Sequence[str], texts: Sequence[Sequence[Any]]) -> list[bytes]:
    """The JSON of what the canonical fields do not hold."""
    columns = texts[len(texts) - len(fields) :]
    return [orjson.dumps(dict(zip(fields, row, strict=True))) for row in zip(*columns, strict=True)]

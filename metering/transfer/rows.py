"""One row of a file as a reading, or the reason why it is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NamedTuple

from metering.decoders.records import DecodeError
from metering.decoders.values import GAUGE_DIGITS, RANGES, REGISTERS, plausible_instant, whole
from metering.enums import Quality
from metering.transfer.columns import MEASURED_AT, QUALITY, SERIAL, STATUS, Layout

LONGEST_SERIAL: Final = 32
LONGEST_STATUS: Final = 200


class Fault(NamedTuple):
    """What is wrong with a row; ``column`` is empty where it is the row as a whole."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """A reading as a file says it; ``values`` are in canonical units, ``raw`` is what they do not hold."""

    line: int
    serial: str
    measured_at: datetime
    values: dict[str, float | int]
    status: str
    quality: Quality
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file writes numbers and instants; ``zone`` is that of instants without one of their own."""

    zone: tzinfo | None = None
    decimal_comma: bool = False


class _RowError(ValueError):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column


def read_row(
    row: Mapping[str, Any], *, line: int, layout: Layout, dialect: Dialect, received_at: datetime
) -> Said | Fault:
    """The reading of one row; every refusal is a fault, none is raised."""
    try:
        serial = _serial(row.get(SERIAL))
        measured_at = _instant(row.get(MEASURED_AT), dialect, received_at=received_at)
        values, raw = _values(row, layout=layout, dialect=dialect)
        status = _text(row.get(STATUS), STATUS, longest=LONGEST_STATUS)
        return Said(line, serial, measured_at, values, status, _quality(row.get(QUALITY)), raw)
    except _RowError as error:
        return Fault(line, error.column, str(error))


def _values(
    row: Mapping[str, Any], *, layout: Layout, dialect: Dialect
) -> tuple[dict[str, float | int], dict[str, str]]:
    values: dict[str, float | int] = {}
    raw: dict[str, str] = {}
    for column, unit in layout.units.items():
        said = _decimal(row.get(column), column, dialect)
        if said is None:
            continue
        number: float | int
        if unit.target in REGISTERS:
            number, is_whole = whole(said, factor=unit.factor, divisor=unit.divisor)
            if not is_whole:
                raw[column] = str(said)
        else:
            number = round(float(said * unit.factor / unit.divisor), GAUGE_DIGITS)
        low, high = RANGES[unit.target]
        if not low <= number <= high:
            raise _RowError(column, f"{said} cannot be true.")
        values[unit.target] = number
    if REGISTERS.isdisjoint(values):
        raise _RowError("", "There is no register: neither energy nor volume.")
    return values, raw


def _serial(value: object) -> str:
    serial = _text(value, SERIAL, longest=LONGEST_SERIAL)
    if not serial:
        raise _RowError(SERIAL, "The meter's serial number is missing.")
    return serial


def _decimal(value: object, column: str, dialect: Dialect) -> Decimal | None:
    if value is None or value == "":
        return None
    # A number of a Parquet file is a number already; its shortest digits are what was meant.
    written = value.strip() if isinstance(value, str) else repr(value)
    if isinstance(value, Decimal):
        written = str(value)
    if isinstance(value, str) and dialect.decimal_comma:
        written = written.replace(".", "").replace(",", ".")
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise _RowError(column, f"'{value!s:.40}' is not a number.") from None
    if not number.is_finite():
        raise _RowError(column, f"{value} is not a number.")
    return number


def _instant(value: object, dialect: Dialect, *, received_at: datetime) -> datetime:
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            raise _RowError(
                MEASURED_AT, f"'{value:.40}' is not an instant; write 2026-01-05T06:00:00Z."
            ) from None
    elif isinstance(value, datetime):
        at = value
    else:
        raise _RowError(MEASURED_AT, "The instant is missing.")
    if at.tzinfo is None:
        at = _zoned(at, dialect.zone)
    try:
        return plausible_instant(
            at.astimezone(UTC), shown=str(value), field=MEASURED_AT, received_at=received_at
        )
    except (DecodeError, OverflowError) as error:
        raise _RowError(MEASURED_AT, str(error)) from None


def _zoned(at: datetime, zone: tzinfo | None) -> datetime:
    """A clock on the wall as an instant; what it shows twice or never is refused rather than guessed."""
    if zone is None:
        raise _RowError(MEASURED_AT, f"{at} has no zone, and none was given for the file.")
    first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        shown = "twice" if first.astimezone(UTC) < second.astimezone(UTC) else "never"
        raise _RowError(MEASURED_AT, f"The clock in {zone} shows {at} {shown}; write the offset.")
    return first


def _quality(value: object) -> Quality:
    if value is None or value == "":
        return Quality.MEASURED
    try:
        return Quality(str(value).strip())
    except ValueError:
        known = ", ".join(Quality.values)
        raise _RowError(QUALITY, f"'{value}' is no quality; there are {known}.") from None


def _text(value: object, column: str, *, longest: int) -> str:
    text = "" if value is None else str(value).strip()
    if len(text) > longest or "\0" in text:
        raise _RowError(column, f"Longer than {longest} characters, or not a text.")
    return text

"""Taking the data blocks of an M-Bus telegram apart: DIF, VIF, their extensions, and the value.

The layout is that of EN 13757-3: data information block, value information block, data, least byte first.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.decoders.mbus_tables import EXTENSION_FB, PRIMARY, WIDTHS, Meaning
from metering.decoders.records import DecodeError
from metering.enums import Reason

EXTENDED: Final = 0x80
LONGEST_CHAIN: Final = 10  # extension bytes that the standard allows in one block
FILLER: Final = 0x2F
MAKERS_DATA: Final = frozenset({0x0F, 0x1F})
INTEGERS: Final = frozenset({1, 2, 3, 4, 6, 7})
DECIMALS: Final = frozenset({9, 0xA, 0xB, 0xC, 0xE})
VARIABLE: Final = 0xD
LONGEST_TEXT: Final = 0xBF
SPECIAL: Final = 0xF
QUANTITIES: Final = 0xFB  # the table of further quantities; 0xFD is that of all else
EXTENSIONS: Final = frozenset({QUANTITIES, 0xFD})
PLAIN_TEXT: Final = 0x7C
MAKERS_VIF: Final = 0x7F
# Only these extensions scale a value and leave it what it is: 10^(n-6), and a thousandfold.
SCALES: Final = {0x70 + n: Decimal(10) ** (n - 6) for n in range(8)} | {0x7D: Decimal(1000)}
CENTURY_TURN: Final = 80
TWO_DIGITS: Final = 99


class Block(NamedTuple):
    """One value of a telegram, as it was sent and as it is addressed."""

    head: bytes  # DIB and VIB
    data: bytes
    field: int
    function: int
    storage: int
    tariff: int
    subunit: int
    vib: bytes

    @property
    def is_own(self) -> bool:
        """Whether it is the meter's own of now, over all tariffs: a value, an extreme or one in an error."""
        return not (self.storage or self.tariff or self.subunit)

    @property
    def is_current(self) -> bool:
        """Whether it is the meter's own value of now, over all tariffs."""
        return self.is_own and not self.function


class _Reader:
    """A cursor that refuses to read past the end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise DecodeError(Reason.MALFORMED, "The M-Bus telegram ends in the middle of a value.")
        self.at += count
        return taken

    def chain(self, first: int) -> bytes:
        """The extension bytes that follow ``first``."""
        found = b""
        last = first
        while last & EXTENDED:
            if len(found) == LONGEST_CHAIN:
                raise DecodeError(Reason.MALFORMED, "An M-Bus value has more than ten extensions.")
            last = self.take(1)[0]
            found += bytes([last])
        return found


def blocks(data: bytes) -> Iterator[Block]:
    """The blocks of ``data`` in their order; what the maker appended in his own way is one block too."""
    reader = _Reader(data)
    while reader.at < len(data):
        start = reader.at
        dif = reader.take(1)[0]
        if dif == FILLER:
            continue
        if dif in MAKERS_DATA:
            yield Block(bytes([dif]), data[reader.at :], 0, 0, 0, 0, 0, b"")
            return
        yield _block(reader, dif, start=start)


def _block(reader: _Reader, dif: int, *, start: int) -> Block:
    field = dif & 0x0F
    if field == SPECIAL:
        raise DecodeError(Reason.MALFORMED, f"The M-Bus data information 0x{dif:02X} is reserved.")
    storage, tariff, subunit = dif >> 6 & 1, 0, 0
    for n, dife in enumerate(reader.chain(dif)):
        storage |= (dife & 0x0F) << (1 + 4 * n)
        tariff |= (dife >> 4 & 3) << (2 * n)
        subunit |= (dife >> 6 & 1) << n
    vib_start = reader.at
    vif = reader.take(1)[0]
    if vif & 0x7F == PLAIN_TEXT:
        reader.take(reader.take(1)[0])
    reader.chain(vif)
    head = reader.data[start : reader.at]
    vib = reader.data[vib_start : reader.at]
    width = _variable_width(reader) if field == VARIABLE else WIDTHS[field]
    return Block(head, reader.take(width), field, dif >> 4 & 3, storage, tariff, subunit, vib)


def _variable_width(reader: _Reader) -> int:
    """The bytes of a value that says its length itself: a text, or a long number; kept, not read."""
    length = reader.take(1)[0]
    if length <= LONGEST_TEXT:
        return length
    kind, count = length & 0xF0, length & 0x0F
    if kind in {0xC0, 0xD0, 0xE0}:
        return count
    raise DecodeError(Reason.MALFORMED, f"The M-Bus length 0x{length:02X} is reserved.")


def meaning(block: Block) -> Meaning | None:
    """What the value counts; None for all that is no canonical quantity, or one with a condition on it."""
    vif, extensions = block.vib[0], block.vib[1:]
    if vif == QUANTITIES:
        found, extensions = EXTENSION_FB.get(extensions[0] & 0x7F), extensions[1:]
    elif vif in EXTENSIONS or vif & 0x7F in {PLAIN_TEXT, MAKERS_VIF}:
        return None
    else:
        found = PRIMARY.get(vif & 0x7F)
    if found is None:
        return None
    factor = found.factor
    for extension in extensions:
        scale = SCALES.get(extension & 0x7F)
        if scale is None:
            return None
        factor *= scale
    return Meaning(found.target, factor, found.divisor)


def number(block: Block) -> int | None:
    """The block's number; None where there is none, or where the meter says that it has none.

    Binary numbers are two's complement, and the lowest of all means "invalid". A decimal with an F in
    front is negative; with any other letter in it, it is no number.
    """
    if block.field in INTEGERS:
        value = int.from_bytes(block.data, "little", signed=True)
        return None if value == -(1 << (8 * len(block.data) - 1)) else value
    return decimal(block.data) if block.field in DECIMALS else None


def decimal(data: bytes) -> int | None:
    """Binary coded decimal digits, least byte first; None where they are none."""
    digits = data[::-1].hex()
    if digits.isdecimal():
        return int(digits)
    if digits.startswith("f") and digits[1:].isdecimal():
        return -int(digits[1:])
    return None


def clock(block: Block) -> datetime | None:
    """The naive local time of a type F or I value; None where it is invalid or absurd."""
    data = block.data
    if len(data) == 4:  # noqa: PLR2004 - type F
        second, (minute, hour, day, month) = 0, data
    elif len(data) == 6:  # noqa: PLR2004 - type I
        second, minute, hour, day, month = data[0] & 0x3F, *data[1:5]
    else:
        return None
    if minute & EXTENDED:
        return None
    year = _year(day, month, hundreds=hour >> 5 & 3 if len(data) == 4 else 0)  # noqa: PLR2004 - type F
    return _datetime(year, month & 0x0F, day & 0x1F, hour & 0x1F, minute & 0x3F, second)


def date_text(block: Block) -> str | None:
    """The day of a type G value as ISO text; None where it is null or absurd."""
    if len(block.data) != 2:  # noqa: PLR2004 - type G
        return None
    day, month = block.data
    found = _datetime(_year(day, month, hundreds=0), month & 0x0F, day & 0x1F, 0, 0, 0)
    return None if found is None else found.date().isoformat()


def _year(day: int, month: int, *, hundreds: int) -> int | None:
    year = day >> 5 | (month & 0xF0) >> 1
    if year > TWO_DIGITS:
        return None
    if hundreds:
        return 1900 + 100 * hundreds + year
    return year + (2000 if year <= CENTURY_TURN else 1900)


def _datetime(year: int | None, month: int, day: int, hour: int, minute: int, second: int) -> datetime | None:
    try:
        return None if year is None else datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - local
    except ValueError:
        return None

"""Single values, strictly: a number is a number, an instant has its zone, nothing is guessed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import Any, Final, NamedTuple

import orjson

from metering.decoders.records import DecodeError
from metering.enums import Reason

# A device's clock may run a little ahead of ours.
FUTURE: Final = timedelta(minutes=5)
# Meters with a dead clock start again somewhere in the last century.
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
LONGEST_SHOWN: Final = 40
LONGEST_INSTANT: Final = 40
GAUGE_DIGITS: Final = 6
EXACT_FLOAT: Final = 1e15
EXACT: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
JOULES: Final = 3600  # in a watt-hour: divided by, not multiplied, so that whole numbers come out whole
# What no heat meter says unless it is broken. Flow and power may be negative: water runs back at night.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "energy_wh": (0, 1e14),
    "volume_l": (0, 1e13),
    "power_w": (-1e9, 1e9),
    "flow_l_h": (-1e8, 1e8),
    "supply_c": (-40, 250),
    "return_c": (-40, 250),
}
# Of what is told beside them: what lies outside is not taken, and casts no doubt on anything.
BESIDE_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "error_h": (0, 1e6),
    "target_wh": RANGES["energy_wh"],
}
REGISTERS: Final = frozenset({"energy_wh", "volume_l"})


class Rule(NamedTuple):
    """How a number becomes canonical: as written it lies between ``low`` and ``high``; times ``factor``.

    Joules are divided by 3600 besides.
    """

    target: str
    factor: Decimal
    scale: float  # the factor, for what is not billed
    low: float
    high: float
    is_register: bool
    whole_factor: int = 0  # the factor, if it is a power of ten and all; else 0
    divisor: int = 1


def number(value: object, field: str) -> int | float:
    """``value`` as it is, if it is a number; a bool is none, nor is a string that looks like one."""
    if type(value) is float or type(value) is int:
        return value
    raise DecodeError(Reason.MALFORMED, f"'{field}' is {_shown(value)}, which is not a number.")


def within(value: float, *, low: float, high: float, field: str) -> float:
    """``value`` as a float if it lies in the range; NaN and infinities never do."""
    if low <= value <= high:
        return float(value)
    raise DecodeError(
        Reason.IMPLAUSIBLE,
        f"'{field}' is {_shown(value)}, outside of {low:g} to {high:g}, and cannot be true.",
    )


def gauge(value: object, *, field: str, rule: Rule) -> float:
    """A gauge in canonical units; floats do, nobody is billed by it."""
    _target, _factor, scale, low, high, *_rest = rule
    return round(within(number(value, field), low=low, high=high, field=field) * scale, GAUGE_DIGITS)


def register(value: object, *, field: str, rule: Rule) -> tuple[int, bool]:
    """A register in whole canonical units, and whether it was whole: through decimals, as it was written."""
    measured = within(number(value, field), low=rule.low, high=rule.high, field=field)
    # Up to 15 digits a float stands for one decimal only, so dividing back proves it, at a tenth of the cost.
    if rule.whole_factor and abs(measured) * rule.whole_factor < EXACT_FLOAT:
        units = round(measured * rule.whole_factor)
        if units / rule.whole_factor == measured:
            return units, True
    # repr gives back the digits that stood in the telegram; the float between them adds none.
    return whole(Decimal(repr(value)), factor=rule.factor, divisor=rule.divisor)


def whole(value: Decimal | int, *, factor: Decimal, divisor: int) -> tuple[int, bool]:
    """``value * factor / divisor`` as the nearest integer, and whether that is all of it."""
    exact = EXACT.multiply(Decimal(value), factor)
    if divisor != 1:
        exact = EXACT.divide(exact, Decimal(divisor))
    rounded = exact.to_integral_value(ROUND_HALF_EVEN)
    return int(rounded), rounded == exact


def instant(value: object, *, field: str, received_at: datetime) -> datetime:
    """An instant in UTC; one without its zone is refused rather than guessed.

    Raises:
        DecodeError: no text, no date, no zone, in the future of ``received_at`` or before our time.
    """
    try:
        utc = moment(text(value, field, longest=LONGEST_INSTANT))
    except (ValueError, OverflowError):
        message = f"'{field}' is {_shown(value)}, which is not an instant."
        raise DecodeError(Reason.MALFORMED, message) from None
    if utc is None:
        message = f"'{field}' is {value}, without a zone; write it in UTC, with a Z."
        raise DecodeError(Reason.MALFORMED, message)
    return plausible_instant(utc, shown=str(value), field=field, received_at=received_at)


# The meters of a gateway, and of a town on the full hour, say the same instant.
@lru_cache(maxsize=8192)
def moment(written: str) -> datetime | None:
    """An ISO 8601 text in UTC; None where no zone is given.

    Raises:
        ValueError, OverflowError: it is no instant.
    """
    at = datetime.fromisoformat(written)
    return None if at.tzinfo is None else at if at.tzinfo is UTC else at.astimezone(UTC)


def plausible_instant(utc: datetime, *, shown: str, field: str, received_at: datetime) -> datetime:
    """``utc`` itself, if a running clock can have shown it; ``shown`` is how the telegram writes it."""
    if utc > received_at + FUTURE:
        message = f"'{field}' is {shown}, in the future of its arrival at {received_at.isoformat()}."
        raise DecodeError(Reason.IMPLAUSIBLE, message)
    if utc < EARLIEST:
        message = f"'{field}' is {shown}, before the year 2000: a stopped clock."
        raise DecodeError(Reason.IMPLAUSIBLE, message)
    return utc


def text(value: object, field: str, *, longest: int) -> str:
    """A text of at most ``longest`` characters."""
    if isinstance(value, str) and len(value) <= longest:
        return value
    message = f"'{field}' is {_shown(value)}, which is not a text of at most {longest} characters."
    raise DecodeError(Reason.MALFORMED, message)


def kept_json(raw: dict[str, Any]) -> bytes | None:
    """What is kept beside the canonical fields, as JSON again."""
    try:
        return orjson.dumps(raw) if raw else None
    except orjson.JSONEncodeError as error:
        raise DecodeError(Reason.MALFORMED, f"The entry cannot be kept: {error}.") from None


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN else f"{shown[:LONGEST_SHOWN]}…"

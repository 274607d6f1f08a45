"""Reading a form that people write by hand: every fault is named by its place, all of them at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from accounts.period import EmptyPeriodError, Period

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class FormError(ValueError):
    """The file cannot be used; ``faults`` are sentences, each beginning with its place."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep the faults; all of them are the message."""
        super().__init__("\n".join(faults))
        self.faults = list(faults)


class Reader:
    """Reads the keys of one mapping, and collects what is wrong with them."""

    def __init__(self, form: object, *, at: str, faults: list[str]) -> None:
        self._at = at
        self._faults = faults
        self._form: Mapping[str, Any] = form if isinstance(form, Mapping) else {}
        self._asked: set[str] = set()
        if not isinstance(form, Mapping):
            faults.append(f"{at or 'The file'}: names with values are expected, not {form!r}.")

    def read(self, name: str, convert: Callable[[Any], T], default: T | None = None) -> T:
        """The value of ``name``, or ``default``; without one it has to be there."""
        self._asked.add(name)
        value = self._form.get(name)
        if value is None or value == "":
            if default is None:
                self.fault(name, "is missing.")
            return default  # type: ignore[return-value]  # a fault was noted, and nothing comes of the form
        try:
            return convert(value)
        except KeyError as error:
            self.fault(name, f"{error} is missing.")
            return default  # type: ignore[return-value]  # as above
        except (ArithmeticError, EmptyPeriodError, TypeError, ValueError) as error:
            self.fault(name, str(error) or f"{value!r} cannot be read.")
            return default  # type: ignore[return-value]  # as above

    def optional(self, name: str, convert: Callable[[Any], T]) -> T | None:
        """The value of ``name``, or None."""
        self._asked.add(name)
        value = self._form.get(name)
        return None if value is None or value == "" else self.read(name, convert)

    def items(self, name: str) -> Sequence[Any]:
        """The list under ``name``; empty where it is not there."""
        self._asked.add(name)
        value = self._form.get(name) or []
        if not isinstance(value, list):
            self.fault(name, f"a list is expected, not {value!r}.")
            return []
        return value

    def fault(self, name: str, sentence: str) -> None:
        self._faults.append(f"{self._at}{name}: {sentence}")

    def refuse_others(self) -> None:
        """Name the keys nobody asked for: a slip of the pen must not be an omission."""
        for name in sorted(set(self._form) - self._asked):
            self.fault(name, f"nothing is known of this; known are {', '.join(sorted(self._asked))}.")


def number(value: object) -> Decimal:
    """A decimal number, written as text or as YAML's number.

    Raises:
        ValueError: it is none.
    """
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number.") from error
    if not found.is_finite():
        raise ValueError(f"{value!r} is no number.")
    return found


def day(value: object) -> date:
    """A date such as 2026-11-15.

    Raises:
        ValueError: it is none.
    """
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError(f"{value!r} is no date such as 2026-11-15.") from error


def one_of(words: type[E]) -> Callable[[Any], E]:
    """Reads a word of a closed list."""

    def read(value: object) -> E:
        try:
            return words(str(value))
        except ValueError as error:
            known = ", ".join(word.value for word in words)
            raise ValueError(f"{value!r} is none of {known}.") from error

    return read


def stretch(value: object) -> Period[date]:
    """A period of days: ``[2025-11-15, 2026-03-15]``, the second the day after the last.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - its two ends
        raise ValueError(f"{value!r} is no pair of a first day and the day after the last.")
    return Period(day(value[0]), day(value[1]))


def load(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """The file's mappings, lists and words: no number is made of a word here, and no object.

    Raises:
        FormError: it is neither YAML nor JSON.
    """
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise FormError([f"The file cannot be read: {error}"]) from error

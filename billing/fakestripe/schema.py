"""Request parameters against the SDK's own types: unknown names, missing ones, wrong values are refused.

The SDK describes what it may send as TypedDicts (`stripe.params...`). They are generated from Stripe's
specification of one API version, so a parameter that version removed is unknown here as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Final, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from stripe import RequestOptions

from billing.fakestripe.forms import Params
from billing.fakestripe.refusals import StripeRefusalError, malformed

T = TypeVar("T")


class _Untyped(Generic[T]):
    """Stands for names the SDK imports for type checkers only; none of them is ever a parameter."""


ABSENT_NAMES: Final = {"UntypedStripeObject": _Untyped, "StripeContext": _Untyped, "Mapping": Mapping}
# How the SDK is to call, not what it sends.
CALL_OPTIONS: Final = frozenset(RequestOptions.__annotations__)
# Names whose removal Stripe explains with a code of their own.
REMOVED: Final = {
    "payment_method_types": "payment_method_types_no_longer_supported",
}


def checked(params: Params, shape: type) -> Params:
    """``params`` with integers, booleans and lists in place of strings.

    Raises:
        StripeRefusalError: a name is unknown, a required one is missing, or a value has the wrong type.
    """
    return _group(params, shape, path="")


@cache
def _hints(shape: type) -> dict[str, Any]:
    hints = get_type_hints(shape, localns=ABSENT_NAMES)
    return {name: hint for name, hint in hints.items() if name not in CALL_OPTIONS}


def _group(value: Any, shape: type, *, path: str) -> Params:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise malformed(f"Invalid object: {path} must be a group of values.", param=path)
    hints = _hints(shape)
    for name in value:
        if name not in hints:
            raise _unknown(_join(path, name))
    required: frozenset[str] = getattr(shape, "__required_keys__", frozenset())
    for name in sorted(required - value.keys()):
        where = _join(path, name)
        raise malformed(f"Missing required param: {where}.", param=where, code="parameter_missing")
    return {name: _value(part, hints[name], path=_join(path, name)) for name, part in value.items()}


def _unknown(path: str) -> StripeRefusalError:
    if path in REMOVED:
        message = f"`{path}` is no longer supported in this API version. Use `allowed_payment_method_types`."
        return malformed(message, param=path, code=REMOVED[path])
    return malformed(f"Received unknown parameter: {path}", param=path, code="parameter_unknown")


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name


def _value(value: Any, hint: Any, *, path: str) -> Any:  # noqa: ANN401 - JSON against a type expression
    members = _members(hint)
    return (_nested if isinstance(value, dict) else _scalar)(value, members, path=path)


def _is_group(hint: Any) -> bool:  # noqa: ANN401 - a type expression
    # The SDK's TypedDict is not the one `typing.is_typeddict` knows.
    return hasattr(hint, "__required_keys__")


def _members(hint: Any) -> list[Any]:  # noqa: ANN401 - a type expression
    """The alternatives of a union, flat; a plain type is its own only one."""
    if get_origin(hint) is _Untyped or hint is type(None):
        return []
    if get_origin(hint) in {None, list, dict, Literal}:
        return [hint]
    return [member for part in get_args(hint) for member in _members(part)]


def _nested(value: Params, members: list[Any], *, path: str) -> Params | list[Any]:
    for member in members:
        if _is_group(member):
            return _group(value, member, path=path)
        if get_origin(member) is dict:
            return _strings(value, path=path)
        if get_origin(member) is list and all(name.isdecimal() for name in value):
            return _list(value, *get_args(member), path=path)
    raise malformed(f"Invalid value: {path} takes no group of values.", param=path)


def _strings(value: Params, *, path: str) -> dict[str, str]:
    for name, part in value.items():
        if not isinstance(part, str):
            raise malformed(f"Invalid string: {_join(path, name)}", param=_join(path, name))
    return value


def _list(value: Params, item: Any, *, path: str) -> list[Any]:  # noqa: ANN401 - a type expression
    return [_value(value[index], item, path=_join(path, index)) for index in sorted(value, key=int)]


def _scalar(value: str, members: list[Any], *, path: str) -> Any:  # noqa: ANN401 - what the type says
    choices = [choice for member in members if get_origin(member) is Literal for choice in get_args(member)]
    if value in choices:
        return value
    # Some names take a boolean or one of a few words, such as `off_session`.
    if bool in members and value in {"true", "false"}:
        return value == "true"
    # The SDK writes closed lists as `Literal[...] | str`; Stripe refuses what is not in the list. A lone
    # empty literal is different: it only says that "" clears the value.
    if choices and choices != [""]:
        message = f"Invalid {path}: must be one of {', '.join(str(choice) for choice in choices)}"
        raise malformed(message, param=path)
    for kind, convert in CONVERTERS.items():
        if kind in members:
            return convert(value, path)
    raise malformed(f"Invalid value: {path} takes a group of values or a list.", param=path)


def _integer(value: str, path: str) -> int:
    if not value.removeprefix("-").isdecimal() or not value.isascii():
        raise malformed(f"Invalid integer: {value}", param=path, code="parameter_invalid_integer")
    return int(value)


def _boolean(value: str, path: str) -> bool:
    if value not in {"true", "false"}:
        raise malformed(f"Invalid boolean: {value}", param=path)
    return value == "true"


def _decimal(value: str, path: str) -> str:
    try:
        finite = Decimal(value).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise malformed(f"Invalid decimal: {value}", param=path)
    return value


def _string(value: str, path: str) -> str:
    if not value:
        message = (
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to unset it."
        )
        raise malformed(message, param=path, code="parameter_invalid_empty")
    return value


# In this order: `int` before `str`, because the SDK's unions often allow both.
CONVERTERS: Final[dict[type, Callable[[str, str], Any]]] = {
    bool: _boolean,
    int: _integer,
    Decimal: _decimal,
    str: _string,
}

"""`expand[]`: ids replaced by the objects they name, where the SDK's types say that this can be asked for."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, ForwardRef, get_args

import stripe

from billing.fakestripe.book import Book, Json, copied
from billing.fakestripe.refusals import StripeRefusalError, malformed

DEEPEST: Final = 4
CLASSES: Final[dict[str, type]] = {
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "dispute": stripe.Dispute,
    "payout": stripe.Payout,
    "setup_intent": stripe.SetupIntent,
    "payment_intent": stripe.PaymentIntent,
    "refund": stripe.Refund,
}


def expanded(book: Book, thing: Json, paths: list[str]) -> Json:
    """A copy of ``thing`` (an object or a list of them) with every path filled in.

    Raises:
        StripeRefusalError: a path is too deep or names what cannot be expanded.
    """
    answer = copied(thing)
    for path in paths:
        steps = path.split(".")
        # A list's own `data` does not count as a level.
        if len(steps) - (steps[0] == "data") > DEEPEST:
            raise malformed("You cannot expand more than 4 levels of a property.", param="expand")
        _fill(book, answer, steps, path=path)
    return answer


def page(things: list[Json], *, url: str, has_more: bool = False) -> Json:
    """A list as Stripe wraps it."""
    return {"object": "list", "data": things, "has_more": has_more, "url": url}


def _fill(book: Book, thing: Json, steps: list[str], *, path: str) -> None:
    name, *rest = steps
    if thing["object"] == "list":
        if name != "data" or not rest:
            raise _refused(path)
        for item in thing["data"]:
            _fill(book, item, rest, path=path)
        return
    if name not in _expandable(thing["object"]):
        raise _refused(path)
    _open(book, thing, name)
    if rest and thing[name] is not None:
        _fill(book, thing[name], rest, path=path)


def _open(book: Book, thing: Json, name: str) -> None:
    # Line items are no id in the session: Stripe leaves the field out until it is asked for.
    if thing["object"] == "checkout.session" and name == "line_items":
        lines = [copied(line) for line in book.hidden[thing["id"]]["line_items"]]
        thing[name] = page(lines, url=f"/v1/checkout/sessions/{thing['id']}/line_items")
    elif isinstance(thing[name], str):
        thing[name] = copied(book.objects[thing[name]])


@cache
def _expandable(kind: str) -> frozenset[str]:
    """The names the SDK types as "an id or the object itself"."""
    hints: dict[str, Any] = getattr(CLASSES.get(kind), "__annotations__", {})
    names = {name for name, hint in hints.items() if _is_id_or_object(hint)}
    return frozenset(names | ({"line_items"} if kind == "checkout.session" else set()))


def _is_id_or_object(hint: Any) -> bool:  # noqa: ANN401 - a type expression
    members = get_args(hint)
    return str in members and any(isinstance(member, ForwardRef) for member in members)


def _refused(path: str) -> StripeRefusalError:
    return malformed(f"This property cannot be expanded ({path}).", param="expand")

"""A season that was paid in advance, settled when its heat is known."""

from __future__ import annotations

from dataclasses import dataclass

from billing.terms import Settlement, Surplus


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the season costs in the end, and where the difference to the advance goes.

    ``due_minor`` = ``paid_minor`` + ``to_pay_minor`` - ``refund_minor`` - ``carried_minor``, always.
    """

    paid_minor: int
    due_minor: int
    to_pay_minor: int
    refund_minor: int
    carried_minor: int


def settle(*, charged_minor: int, paid_minor: int, rule: Settlement, surplus: Surplus) -> Settled:
    """The season's account: ``charged_minor`` by the bill, ``paid_minor`` in advance.

    ``paid_minor`` is the advance that was asked for and paid; where less was paid than asked for,
    the rest of the advance is an open invoice of its own.
    """
    is_forgiven = rule is Settlement.LOWER and charged_minor > paid_minor
    due = paid_minor if is_forgiven else charged_minor
    back = max(0, paid_minor - due)
    return Settled(
        paid_minor=paid_minor,
        due_minor=due,
        to_pay_minor=max(0, due - paid_minor),
        refund_minor=back if surplus is Surplus.REFUND else 0,
        carried_minor=back if surplus is Surplus.CARRY_OVER else 0,
    )

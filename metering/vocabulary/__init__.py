"""The plant signals Hearthline understands; the table of tags is written from here.

A signal is a place of the plant (`places`) and what is measured there (`quantities`): ``circuit_2_supply_c``
is the supply temperature of heating circuit 2. Names end in the unit, as everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from metering.enums import TagKind
from metering.vocabulary.places import FAMILIES, Family
from metering.vocabulary.quantities import Limits, Quantity


@dataclass(frozen=True, slots=True)
class Tag:
    """One signal: its unit, the range outside of which a value is absurd, and its ordinary limits."""

    name: str
    quantity: Quantity
    family: Family
    # Which of its family's places; None where there is only one.
    number: int | None

    @property
    def unit(self) -> str:
        """The unit, in the SI's own signs."""
        return self.quantity.unit

    @property
    def kind(self) -> TagKind:
        """Measured, set, counted, on or off, or an alarm."""
        return self.quantity.kind

    @property
    def low(self) -> float:
        """Below it a value cannot be true."""
        return self.quantity.low

    @property
    def high(self) -> float:
        """Above it a value cannot be true."""
        return self.quantity.high

    @property
    def limits(self) -> Limits:
        """Outside of which somebody should look; a place's own go before the quantity's."""
        return self.family.limits.get(self.quantity.suffix, self.quantity.limits)

    @property
    def label(self) -> str:
        """What a person reads, in the language in use."""
        place: Promise | str = self.family.label
        if self.number is not None:
            place = _("%(place)s %(number)s") % {"place": place, "number": self.number}
        return _("%(place)s: %(quantity)s") % {"place": place, "quantity": self.quantity.label}


def _tags() -> dict[str, Tag]:
    found: dict[str, Tag] = {}
    for family in FAMILIES:
        for number in range(1, family.count + 1) if family.count else (None,):
            for quantity in family.quantities:
                parts = (family.name, None if number is None else str(number), quantity.suffix)
                name = "_".join(part for part in parts if part)
                found[name] = Tag(name, quantity, family, number)
    return found


TAGS: Final = _tags()


def label_of(name: str) -> str:
    """The signal's label in the language in use; its name where the vocabulary does not know it."""
    tag = TAGS.get(name)
    return tag.label if tag else name

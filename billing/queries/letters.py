"""What all documents of a utility print alike, read once for a whole batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.models import FuelMix, Letterhead


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The seller's particulars, and the mixes of fuels by their days."""

    seller: dict[str, str]
    mixes: Sequence[FuelMix]

    def fuel_mix_on(self, day: date) -> dict[str, Any]:
        """The newest mix that began before ``day``, under its key in the snapshot; nothing where none did."""
        known = [mix for mix in self.mixes if mix.starts_on < day]
        if not known:
            return {}
        mix = known[-1]
        return {
            "fuel_mix": {
                "carriers": mix.carriers,
                "co2_g_per_kwh": str(mix.co2_g_per_kwh),
                "renewable_pct": str(mix.renewable_pct),
                "source": mix.source,
            }
        }


def read_letter() -> Letter:
    """The letterhead of the utility in scope; without one its name alone is printed."""
    row = Letterhead.objects.first()
    seller = {}
    if row is not None:
        fields = [field.name for field in Letterhead._meta.fields if field.name not in {"id", "utility"}]
        named = {name: getattr(row, name) for name in fields if getattr(row, name)}
        seller = {"name": named.pop("legal_name"), **named}
    return Letter(seller=seller, mixes=list(FuelMix.objects.order_by("starts_on")))

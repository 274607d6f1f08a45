"""Recompute an invoice from its proof, with nothing but Python: `python verify_proof.py proof.json`.

The second opinion: no line of the product's rating is used here, no Django, no database. Every line's
amounts are computed again from registers, days and prices, the header from the lines, and every digest
from what it is over. Copy this file anywhere; Python 3.11 is all it needs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]
FORMAT = "hearthline-invoice-proof/1"
WH_IN = {"kWh": Fraction(1_000), "MWh": Fraction(1_000_000), "GJ": Fraction(1_000_000_000, 3_600)}
NOT_HASHED = {"sha256", "lines"}


def faults(proof: Json) -> list[str]:
    """What is wrong with a proof, in sentences; nothing where it holds."""
    try:
        return list(_faults(proof))
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        return [f"This is no proof of ours, or something of it is missing: {error!r}."]


def _faults(proof: Json) -> Iterator[str]:
    if proof["format"] != FORMAT:
        yield f"The format is {proof['format']}, not {FORMAT}."
    lines = proof["lines"]
    for line in lines:
        name = f"Line {line['position']}"
        said = (line["net_minor"], line["tax_minor"])
        computed = amounts(line["trace"])
        if said != computed:
            yield f"{name} says {said[0]} and {said[1]} tax; its trace gives {computed[0]} and {computed[1]}."
        if line["sha256"] != digest({k: v for k, v in line.items() if k != "sha256"}):
            yield f"{name} was changed after it was issued: its digest is of other content."
        yield from (f"{name}: {fault}" for fault in _cut_wrong(line["trace"]))
    net, tax = (sum(line[field] for line in lines) for field in ("net_minor", "tax_minor"))
    if (proof["net_minor"], proof["tax_minor"], proof["total_minor"]) != (net, tax, net + tax):
        yield f"The sums are not those of the lines, which are {net} and {tax}."
    header = {key: value for key, value in proof.items() if key not in NOT_HASHED}
    if proof["sha256"] != digest({**header, "lines": [line["sha256"] for line in lines]}):
        yield "The document was changed after it was issued: its digest is of other content."


def digest(value: object) -> str:
    """SHA-256 of the canonical JSON: keys sorted, no blanks, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def amounts(trace: Json) -> tuple[int, int]:
    """Net and tax of a line in minor units."""
    if "credits" in trace:
        return _credit(trace)
    if "limits" in trace:
        last = trace["limits"][-1]
        return _taxed(_adjusted(trace), trace["tax_rate"], last)
    return _taxed(_rounded(trace), trace["tax_rate"], trace)


def _credit(trace: Json) -> tuple[int, int]:
    source, before, minor = trace["credits"], trace["before_minor"], trace["minor"]
    total = source["net_minor"] + source["tax_minor"]

    def net(taken: int) -> int:
        return round_to(Fraction(taken * source["net_minor"], total), "half_up")

    return net(before) - net(before + minor), -minor - (net(before) - net(before + minor))


def _adjusted(trace: Json) -> int:
    charged = {part["tax_rate"]: part.get("minor", part.get("net_minor")) for part in trace["charged"]}
    difference: int = sum(map(_rounded, trace["limits"])) - sum(charged.values())
    is_minimum = trace["limits"][-1]["kind"] == "minimum"
    if (difference > 0) is not is_minimum or not difference:
        return 0
    if len(charged) == 1:
        return difference
    parts = split(difference, list(charged.values()))
    return parts[list(charged).index(trace["tax_rate"])]


def _rounded(charge: Json) -> int:
    degrees = _degrees(charge)
    price = charge["price"] if degrees is None or degrees <= 0 else charge["incentive"]["bonus"]
    per_unit = Fraction(price) / (100 if charge["unit"] == "%" else 1)
    exact = _sliced(charge, _quantity(charge)) * Fraction(charge.get("factor", 1)) * per_unit + Fraction(
        charge.get("offset", 0)
    )
    if charge["per"] != "quantity":
        exact *= sum(Fraction(s["days"], s["of"]) * Fraction(s.get("ratio", 1)) for s in charge["shares"])
    exact *= 1 if degrees is None else -degrees
    exact *= -1 if charge["kind"] == "outage" else 1
    return round_to(exact * 10 ** charge["minor_digits"], charge["rounding"])


def _taxed(rounded: int, tax_rate: str, terms: Json) -> tuple[int, int]:
    rate = Fraction(tax_rate)
    if terms.get("tax_basis") == "gross":
        tax = round_to(rounded * rate / (1 + rate), terms["rounding"])
        return rounded - tax, tax
    return rounded, round_to(rounded * rate, terms["rounding"])


def _quantity(charge: Json) -> Fraction:
    if "measure" in charge:
        return Fraction(charge["measure"])
    if charge["metered"] is not None:
        meters = charge["metered"]["meters"]
        if charge["unit"] == "m3":
            return Fraction(_counted(meters, "volume_l"), 1_000)
        return _counted(meters, "energy_wh") / WH_IN[charge["unit"]]
    return Fraction(1 if charge["floor_area_m2"] is None else charge["floor_area_m2"])


def _sliced(charge: Json, quantity: Fraction) -> Fraction:
    """What of the quantity lies between the edges of a block tariff."""
    edges = charge.get("edges")
    if edges is None:
        return quantity
    scale = Fraction(1 if edges["area_m2"] is None else edges["area_m2"])
    if edges["shares"] is not None:
        scale *= sum(Fraction(s["days"], s["of"]) * Fraction(s.get("ratio", 1)) for s in edges["shares"])
    high = quantity if edges["up_to"] is None else min(quantity, Fraction(edges["up_to"]) * scale)
    return max(Fraction(), high - Fraction(edges["above"]) * scale)


def _counted(meters: Sequence[Json], register: str) -> int:
    return sum(meter["closing"][register] - meter["opening"][register] for meter in meters)


def _degrees(charge: Json) -> Fraction | None:
    incentive, temperatures = charge.get("incentive"), charge.get("temperatures")
    if incentive is None:
        return None
    if temperatures is not None:
        expected = _on_curve(incentive["curve"], Fraction(temperatures["supply_c"]))
        deviation = expected - Fraction(temperatures["return_c"])
    else:
        metered = charge["metered"]
        if metered is None or any("volume_l" not in meter["closing"] for meter in metered["meters"]):
            return Fraction()
        volume_l = _counted(metered["meters"], "volume_l")
        if not volume_l:
            return Fraction()
        energy = _counted(metered["meters"], "energy_wh") / WH_IN[incentive["unit"]]
        deviation = energy / Fraction(volume_l, 1_000) * Fraction(incentive["factor"])
        deviation -= Fraction(incentive["target_c"])
    band = Fraction(incentive["band_c"])
    if abs(deviation) <= band:
        return Fraction()
    beyond = deviation - band if deviation > 0 else deviation + band
    return deviation if incentive["counts"] == "whole" else beyond


def _on_curve(curve: Sequence[Sequence[str]], supply: Fraction) -> Fraction:
    points = sorted((Fraction(x), Fraction(y)) for x, y in curve)
    at = min(max(supply, points[0][0]), points[-1][0])
    for (low, start), (high, end) in pairwise(points):
        if low <= at <= high:
            return start + (end - start) * (at - low) / (high - low)
    return points[0][1]


def _cut_wrong(trace: Json) -> Iterator[str]:
    """Registers that do not lie on the line between their readings; a price that its indices do not give."""
    for charge in trace.get("limits", [trace]):
        for meter in (charge.get("metered") or {"meters": ()})["meters"]:
            for register in (meter["opening"], meter["closing"]):
                if _cut(register) != register["energy_wh"]:
                    yield f"the register of {meter['serial']} at {register['at']} is not its readings'."
        index = charge.get("index")
        if index is not None and _indexed(index) != Fraction(charge["price"]):
            yield "the price is not what its indices give."


def _cut(register: Json) -> int:
    readings = register.get("readings") or [register]
    first, last = readings[0], readings[-1]
    if first is last:
        return int(first["energy_wh"])
    start, at, end = (_seconds(when) for when in (first["at"], register["at"], last["at"]))
    before, after = first["energy_wh"], last["energy_wh"]
    return int(before + (after - before) * (at - start) // (end - start))


def _seconds(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


def _indexed(index: Json) -> Fraction:
    terms = (Fraction(t["weight"]) * Fraction(t["value"]) / Fraction(t["base"]) for t in index["terms"])
    exact = Fraction(index["base_price"]) * sum(terms)
    exact = max(exact, Fraction(index["floor"])) if "floor" in index else exact
    exact = min(exact, Fraction(index["ceiling"])) if "ceiling" in index else exact
    scale = 10 ** int(index["digits"])
    return Fraction(round_to(exact * scale, "half_up"), scale)


def round_to(exact: Fraction, mode: str) -> int:
    """A whole number; halves away from zero, to the even neighbour or towards zero, or all up or down."""
    whole, rest = divmod(abs(exact), 1)
    half = Fraction(1, 2)
    ups = {
        "up": rest > 0,
        "down": False,
        "half_up": rest >= half,
        "half_down": rest > half,
        "half_even": rest > half or (rest == half and whole % 2 == 1),
    }
    rounded = int(whole) + ups[mode]
    return rounded if exact >= 0 else -rounded


def split(whole: int, weights: Sequence[int]) -> list[int]:
    """``whole`` in proportion to ``weights``, by largest remainder, the earlier part first."""
    exact = [Fraction(abs(whole) * weight, sum(weights)) for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: abs(whole) - sum(parts)]:
        parts[n] += 1
    return parts if whole >= 0 else [-part for part in parts]


def money(minor: int, proof: Json) -> str:
    """Minor units as people write them."""
    digits = proof["minor_digits"]
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {proof['currency']}"


def main(path: str) -> int:
    """Tell whether the proof in the file holds; the exit code says it too."""
    document = json.loads(Path(path).read_text(encoding="utf-8"))
    # As the API answers it, or the proof alone.
    proof = document.get("proof", document)
    found = faults(proof)
    for fault in found:
        sys.stdout.write(f"{fault}\n")
    if not found:
        total = money(proof["total_minor"], proof)
        sys.stdout.write(f"{proof['number']}: {len(proof['lines'])} lines and {total}, all recomputed.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""From values to verdicts: is a rule broken at a place, only held by its hysteresis, or kept?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

# Below it standing water can freeze before anybody notices.
COLD_C: Final = 5.0
# One source with this many stations (and this share of them) in the same trouble is one trouble.
TOGETHER: Final = 3
TOGETHER_SHARE: Final = 0.5
# Troubles that can come from the source or the network as well as from the station.
SHARED: Final = frozenset({"silent_station", "supply_low", "supply_high", "no_flow", "frost", "leak"})


@dataclass(frozen=True, slots=True)
class Place:
    """Where an alarm is: one of the three keys, or none for the whole utility; a signal where one is."""

    substation_id: int | None = None
    building_id: int | None = None
    source_id: int | None = None
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a place now.

    ``broken``: beyond the threshold. ``held``: within it, but not by the hysteresis, so that what is raised
    stays. ``value`` and ``limit`` are what a person reads; ``count`` is how many stations one verdict covers.
    """

    kind: str
    place: Place
    broken: bool
    held: bool
    value: float | None = None
    limit: float | None = None
    severity: str = ""
    count: int = 1

    @property
    def key(self) -> tuple[str, Place]:
        """What the verdict is about; the same from round to round."""
        return self.kind, self.place


def above(kind: str, place: Place, value: float, *, limit: float, hysteresis: float) -> Verdict:
    """Broken where ``value`` exceeds ``limit``."""
    return Verdict(
        kind, place, broken=value > limit, held=value > limit - hysteresis, value=value, limit=limit
    )


def below(kind: str, place: Place, value: float, *, limit: float, hysteresis: float) -> Verdict:
    """Broken where ``value`` falls below ``limit``."""
    return Verdict(
        kind, place, broken=value < limit, held=value < limit + hysteresis, value=value, limit=limit
    )


def outside(place: Place, value: float, limits: tuple[float | None, ...]) -> Verdict:
    """A signal against the registry's four limits: alarm low, warning low, warning high, alarm high."""
    alarm_low, warning_low, warning_high, alarm_high = limits
    for limit, severity, broken in (
        (alarm_low, "major", alarm_low is not None and value < alarm_low),
        (alarm_high, "major", alarm_high is not None and value > alarm_high),
        (warning_low, "minor", warning_low is not None and value < warning_low),
        (warning_high, "minor", warning_high is not None and value > warning_high),
    ):
        if broken:
            return Verdict("limit", place, True, True, value=value, limit=limit, severity=severity)
    return Verdict("limit", place, False, False, value=value)


def gathered(verdicts: Iterable[Verdict], *, source_of: Mapping[int, int]) -> list[Verdict]:
    """One verdict for a source where half of its stations (three at least) are in the same trouble.

    Their own verdicts are dropped: nobody learns more from a hundred alarms with one cause. Where the source
    is out of it, its verdict says so, that a gathered alarm may clear.
    """
    rows = list(verdicts)
    by_source: dict[tuple[str, int], list[Verdict]] = defaultdict(list)
    for verdict in rows:
        if verdict.kind in SHARED and verdict.place.substation_id is not None:
            by_source[verdict.kind, source_of[verdict.place.substation_id]].append(verdict)
    gathered_keys = set()
    for (kind, source), members in by_source.items():
        broken = [verdict for verdict in members if verdict.broken]
        together = len(broken) >= TOGETHER and len(broken) >= TOGETHER_SHARE * len(members)
        place = Place(source_id=source)
        if not together:
            rows.append(Verdict(kind, place, broken=False, held=False))
            continue
        worst = max(broken, key=lambda verdict: abs((verdict.value or 0) - (verdict.limit or 0)))
        rows.append(replace(worst, place=place, count=len(broken)))
        gathered_keys |= {verdict.key for verdict in broken}
    return [verdict for verdict in rows if verdict.key not in gathered_keys]

"""Values against thresholds, and a storm told as one trouble."""

from __future__ import annotations

import pytest

from control.alarms.verdicts import Place, Verdict, above, below, gathered, outside

HERE = Place(substation_id=1)


@pytest.mark.parametrize(
    ("value", "broken", "held"),
    [(5.1, True, True), (5.0, False, True), (4.1, False, True), (4.0, False, False)],
)
def test_above_has_a_threshold_and_a_hysteresis(value: float, broken: bool, held: bool) -> None:  # noqa: FBT001 - a table
    verdict = above("make_up", HERE, value, limit=5, hysteresis=1)
    assert (verdict.broken, verdict.held) == (broken, held)


@pytest.mark.parametrize(
    ("value", "broken", "held"),
    [(4.9, True, True), (5.0, False, True), (5.9, False, True), (6.0, False, False)],
)
def test_below_is_its_mirror_image(value: float, broken: bool, held: bool) -> None:  # noqa: FBT001 - a table
    verdict = below("frost", HERE, value, limit=5, hysteresis=1)
    assert (verdict.broken, verdict.held) == (broken, held)


@pytest.mark.parametrize(
    ("value", "severity", "limit"),
    [(40, "major", 50), (70, "minor", 100), (500, "", None), (1300, "minor", 1200), (1700, "major", 1600)],
)
def test_a_signal_is_worst_outside_of_its_alarms(value: float, severity: str, limit: float | None) -> None:
    verdict = outside(HERE, value, (50, 100, 1200, 1600))
    assert (verdict.severity, verdict.limit, verdict.broken) == (severity, limit, bool(severity))


def test_a_signal_without_limits_is_never_outside() -> None:
    assert not outside(HERE, 1e9, (None, None, None, None)).broken


def in_trouble(stations: dict[int, bool], *, kind: str = "supply_low") -> list[Verdict]:
    """A verdict a station."""
    return [
        Verdict(kind, Place(substation_id=pk), broken=broken, held=broken, value=40.0 - pk, limit=45.0)
        for pk, broken in stations.items()
    ]


def test_half_of_a_sources_stations_in_the_same_trouble_are_one_trouble() -> None:
    rows = in_trouble({1: True, 2: True, 3: True, 4: False, 5: False, 6: False})

    told = gathered(rows, source_of=dict.fromkeys(range(1, 7), 9))

    (source,) = [verdict for verdict in told if verdict.broken]
    assert source.place == Place(source_id=9)
    assert (source.count, source.value) == (3, 37.0)  # the worst of them speaks for all
    assert {verdict.place.substation_id for verdict in told if not verdict.broken} == {4, 5, 6}


@pytest.mark.parametrize(
    "stations",
    [{1: True, 2: True}, {1: True, 2: True, 3: True, **dict.fromkeys(range(4, 12), False)}],
    ids=["two stations", "three of eleven"],
)
def test_few_keep_their_own(stations: dict[int, bool]) -> None:
    told = gathered(in_trouble(stations), source_of=dict.fromkeys(stations, 9))

    broken = {verdict.place.substation_id for verdict in told if verdict.broken}
    assert broken == {pk for pk, is_broken in stations.items() if is_broken}
    assert [verdict.broken for verdict in told if verdict.place.source_id == 9] == [False]


def test_another_sources_stations_and_what_cannot_be_shared_are_left_alone() -> None:
    rows = [
        *in_trouble(dict.fromkeys(range(1, 5), True)),
        *in_trouble({11: True}),
        *in_trouble(dict.fromkeys(range(1, 5), True), kind="make_up"),
    ]

    told = gathered(rows, source_of={**dict.fromkeys(range(1, 5), 9), 11: 10})

    broken = [(verdict.kind, verdict.place) for verdict in told if verdict.broken]
    assert broken.count(("supply_low", Place(source_id=9))) == 1
    assert ("supply_low", Place(substation_id=11)) in broken
    assert sum(kind == "make_up" for kind, _place in broken) == 4

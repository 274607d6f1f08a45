"""A utility's registry of signals: the vocabulary, its own, its limits, its controllers' names for them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.scope import current_utility_id, utility_scope
from metering.enums import Reason, TagKind
from metering.models import QuarantinedMessage, TagLimits, TagPath, TelemetryTag, TelemetryValue
from metering.operations.batch import BatchOutcome, store_batch
from metering.queries.registry import Registry
from metering.queries.tags import limits, registry
from tests.factories import a_substation, a_utility
from tests.metering.factories import NOON, a_controller, a_message

pytestmark = pytest.mark.usefixtures("scoped")


def say(points: dict[str, Any], *, registry: Registry | None = None) -> BatchOutcome:
    """A controller of the utility in scope says these points."""
    message = a_message(
        device=a_controller(substation=a_substation()),
        payload={"measured_at": NOON.isoformat(), "points": points},
        channel="telemetry",
    )
    return store_batch(messages=[message], registry=registry or Registry())


def stored() -> dict[str, float]:
    """Every value by its signal's name."""
    return dict(TelemetryValue.objects.values_list("tag__name", "value"))


def an_own_tag(name: str = "own_chimney_c") -> TelemetryTag:
    """A signal only the utility in scope has."""
    return TelemetryTag.objects.create(
        utility_id=current_utility_id(),
        name=name,
        own_label="Chimney",
        unit="°C",
        low=0,
        high=600,
        warning_high=250,
    )


def test_a_utilitys_limits_go_before_the_vocabularys() -> None:
    tag = TelemetryTag.objects.get(name="secondary_supply_c")
    assert registry(["secondary_supply_c"])["secondary_supply_c"].alarm_high == 95

    TagLimits.objects.create(tag=tag, high=120, warning_high=60)

    found = registry(["secondary_supply_c"])["secondary_supply_c"]
    assert (found.low, found.high) == (-20, 120)
    # All four are the utility's, so that it can take one away.
    assert (found.alarm_low, found.warning_low, found.warning_high, found.alarm_high) == (
        None,
        None,
        60,
        None,
    )
    assert found.label
    with utility_scope(a_utility()):
        assert registry(["secondary_supply_c"])["secondary_supply_c"].alarm_high == 95


def test_alarms_watch_what_has_a_limit(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        watched = limits()

    assert "secondary_supply_c" in watched
    assert watched["alarm_flood"].kind == TagKind.ALARM
    assert watched["alarm_flood"].alarm_high == 0.5
    assert "outdoor_c" not in watched


def test_an_own_signal_is_seen_and_stored_by_its_utility_only() -> None:
    an_own_tag()

    assert registry(["own_chimney_c"])["own_chimney_c"].label == "Chimney"
    assert say({"own_chimney_c": 180}).stored == 1
    with utility_scope(a_utility()):
        assert registry(["own_chimney_c"]) == {}
        refused = say({"own_chimney_c": 180})
    assert (refused.stored, refused.quarantined) == (0, 1)
    assert QuarantinedMessage.objects.get().reason == Reason.UNKNOWN_TAG


def test_the_name_says_whose_a_signal_is() -> None:
    with pytest.raises(IntegrityError, match="own_by_name"), transaction.atomic():
        an_own_tag("chimney_c")
    with pytest.raises(IntegrityError, match="own_by_name"), transaction.atomic():
        TelemetryTag.objects.create(name="own_chimney_c", unit="°C", low=0, high=1)
    an_own_tag()
    with pytest.raises(IntegrityError, match="unique_name"), transaction.atomic():
        an_own_tag()


def test_limits_that_cross_are_refused() -> None:
    tag = TelemetryTag.objects.get(name="outdoor_c")

    with pytest.raises(IntegrityError, match="metering_taglimits_ascend"), transaction.atomic():
        TagLimits.objects.create(tag=tag, alarm_low=10, warning_high=5)

    assert TagLimits.objects.count() == 0


def test_a_path_through_the_json_leads_to_a_signal_and_its_unit() -> None:
    supply = TelemetryTag.objects.get(name="circuit_1_supply_c")
    pressure = TelemetryTag.objects.get(name="primary_supply_pressure_kpa")
    TagPath.objects.create(path="circuit.1.Tv", tag=supply)
    TagPath.objects.create(path="P1_bar", tag=pressure, factor=100)  # bar to kPa
    TagPath.objects.create(path="T_K", tag=TelemetryTag.objects.get(name="outdoor_c"), offset=-273.15)

    outcome = say({"circuit": {"1": {"Tv": 47.5}}, "P1_bar": 6.2, "T_K": 270.15, "pump_hz": 38})

    assert (outcome.records, outcome.stored) == (4, 4)
    assert stored() == pytest.approx(
        {
            "circuit_1_supply_c": 47.5,
            "primary_supply_pressure_kpa": 620,
            "outdoor_c": -3,
            "pump_hz": 38,
        }
    )


def test_a_path_is_a_utilitys_own() -> None:
    TagPath.objects.create(path="T1", tag=TelemetryTag.objects.get(name="outdoor_c"))
    shared = Registry()  # one ingest process serves all utilities
    assert say({"T1": 1.5}, registry=shared).stored == 1

    with utility_scope(a_utility()):
        assert say({"T1": 1.5}, registry=shared).quarantined == 1


def test_the_range_holds_for_the_value_after_its_conversion() -> None:
    tag = TelemetryTag.objects.get(name="outdoor_c")
    TagPath.objects.create(path="T_F", tag=tag, factor=5 / 9, offset=-160 / 9)
    TagLimits.objects.create(tag=tag, low=-30, high=30)

    assert say({"T_F": 50}).stored == 1  # 10 °C
    assert say({"T_F": 95}).quarantined == 1  # 35 °C

    assert "is 35, outside of -30 to 30" in QuarantinedMessage.objects.get().detail


def test_a_switch_may_be_said_as_true_or_false() -> None:
    say({"circulation_pump_1_running": True, "alarm_flood": False})

    assert stored() == {"circulation_pump_1_running": 1, "alarm_flood": 0}


def test_every_signal_of_the_vocabulary_is_stored_from_one_message() -> None:
    said = {tag.name: (tag.low + tag.high) / 2 for tag in registry().values()}

    outcome = say(said)

    assert (outcome.stored, outcome.quarantined) == (len(said), 0)
    assert stored() == said

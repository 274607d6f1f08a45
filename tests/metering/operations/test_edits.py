"""A clerk decides about questioned readings: versions that say who and why, and the bill follows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, connections, transaction

from accounts.models import Household, User
from accounts.scope import utility_scope
from metering.enums import Decision, Finding
from metering.models import Device, Reading, ReadingEdit, ReadingFlag, ValidationRequest
from metering.operations.edits import decide, undo
from metering.operations.validation import validate_readings
from metering.queries.exceptions import BILL, NOTHING, SPLIT, exceptions, extents
from tests.factories import a_clerk
from tests.metering.operations.test_validation import (
    HOUR,
    LATER,
    MIDNIGHT,
    arrive,
    billed_wh,
    meter,
    standing,
)

__all__ = ["meter"]
AT = LATER + 24 * HOUR


@pytest.fixture
def clerk(meter: Device) -> User:
    """Who decides."""
    del meter  # the utility in scope is its
    return a_clerk()


def judge(clerk: User, decision: Decision, *, at: datetime = AT, modulus_wh: int | None = None) -> int:
    """Decide about the first exception of the queue."""
    return decide(
        heads=list(exceptions()[:1]),
        decision=decision,
        reason="Looked at the dial",
        made_by=clerk,
        at=at,
        modulus_wh=modulus_wh,
    )


def come_in_elsewhere(meter: Device, *, hour: int) -> None:
    """A reading of the meter by another connection, which waits for no lock longer than two seconds."""

    def come_in() -> None:
        try:
            with utility_scope(meter.utility), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                arrive(meter, {hour: 1200 + 5 * hour})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as ingestion:
        ingestion.submit(come_in).result()


def test_a_jump_that_is_accepted_is_billed_with_all_that_follows_it(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 24 * 9)})
    validate_readings(at=LATER)
    assert billed_wh(household) == 5000
    assert judge(clerk, Decision.ACCEPTED) == 1
    assert standing() == []
    assert billed_wh(household) == 320_000
    edit = ReadingEdit.objects.get()
    assert (edit.version, edit.old_wh, edit.new_wh, edit.old_findings) == (1, None, 1_210_000, "level")
    assert (edit.made_by, edit.made_at, edit.reason) == (clerk, AT, "Looked at the dial")
    assert not ValidationRequest.objects.exists()


def test_a_decision_outlives_later_readings_and_other_sizes(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 48)})
    validate_readings(at=LATER)
    judge(clerk, Decision.ACCEPTED)
    arrive(meter, {hour: 1200 + 5 * hour for hour in range(48, 60)})
    meter.nominal_power_w = 9000
    meter.save()
    validate_readings(at=LATER + 30 * HOUR)
    assert standing() == []


def test_a_fall_is_not_accepted(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 5 * hour for hour in range(2, 20)})
    validate_readings(at=LATER)
    with pytest.raises(ValidationError, match="does not fall"):
        judge(clerk, Decision.ACCEPTED)
    assert not ReadingEdit.objects.exists()


def test_a_register_that_rolled_over_at_an_odd_place_is_declared(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {hour: float((49_990 + 5 * hour) % 50_000) for hour in range(30)})
    validate_readings(at=LATER)
    with pytest.raises(ValidationError, match="above its last reading"):
        judge(clerk, Decision.ROLLED_OVER, modulus_wh=40_000_000)
    assert judge(clerk, Decision.ROLLED_OVER, modulus_wh=50_000_000) == 1
    assert standing() == [(2, Finding.ROLLOVER)]
    assert billed_wh(household) == 120_000


def test_what_only_rose_did_not_roll_over(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 20)})
    validate_readings(at=LATER)
    with pytest.raises(ValidationError, match="did not fall"):
        judge(clerk, Decision.ROLLED_OVER, modulus_wh=50_000_000)


def test_frozen_readings_are_estimated_between_those_around_them(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005, 2: 1010} | dict.fromkeys(range(3, 10), 1010.0) | {10: 1050, 11: 1055})
    Reading.objects.update(power_w=5000)
    validate_readings(at=LATER)
    assert judge(clerk, Decision.ESTIMATED) == 5
    estimates = ReadingEdit.objects.order_by("measured_at").values_list("old_wh", "new_wh")
    # From 1010 kWh at hour 4, the last one usable, on a line to 1050 kWh at hour 10.
    assert list(estimates) == [(None, 1_010_000 + 40_000 * n // 6) for n in range(1, 6)]
    assert [row for row in standing() if row[1] == Finding.REJECTED] == [
        (hour, Finding.REJECTED) for hour in range(5, 10)
    ]


def test_an_estimate_needs_a_register_to_lead_to(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 5 * hour for hour in range(2, 20)})
    validate_readings(at=LATER)
    with pytest.raises(ValidationError, match="nothing to estimate towards"):
        judge(clerk, Decision.ESTIMATED)


def test_taking_a_decision_back_is_a_version_too(household: Household, meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 48)})
    validate_readings(at=LATER)
    judge(clerk, Decision.ACCEPTED)
    undo(edit=ReadingEdit.objects.get(), reason="Wrong meter", made_by=clerk, at=AT + HOUR)
    versions = ReadingEdit.objects.order_by("version").values_list("version", "decision", "old_wh", "new_wh")
    assert list(versions) == [
        (1, Decision.ACCEPTED, None, 1_210_000),
        (2, Decision.UNDONE, 1_210_000, None),
    ]
    assert {finding for _hour, finding in standing()} == {Finding.LEVEL}
    assert billed_wh(household) == 5000
    first = ReadingEdit.objects.get(version=1)
    with pytest.raises(ValidationError, match="not the newest"):
        undo(edit=first, reason="Again", made_by=clerk, at=AT + 2 * HOUR)


@pytest.mark.parametrize("change", [{"reason": "other"}, {"new_wh": 1}])
def test_an_edit_is_never_changed_and_no_reading_ever_is(
    meter: Device, clerk: User, change: dict[str, object]
) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    validate_readings(at=LATER)
    judge(clerk, Decision.REJECTED)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ReadingEdit.objects.update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ReadingEdit.objects.all().delete()
    assert Reading.objects.get(device=meter, measured_at=MIDNIGHT + HOUR).energy_wh == 0


def test_a_decision_says_why(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    validate_readings(at=LATER)
    with pytest.raises(ValidationError, match="Say why"):
        decide(heads=list(exceptions()), decision=Decision.REJECTED, reason="  ", made_by=clerk, at=AT)


def test_the_queue_begins_with_what_holds_up_a_bill(meter: Device, clerk: User) -> None:
    dip = {10: 0.0, 11: 0.0}
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(40)} | dip)
    Reading.objects.filter(measured_at=MIDNIGHT + 3 * HOUR).update(supply_c=-39.9)
    arrive(meter, {hour: float(hour) for hour in range(40, 60)})
    validate_readings(at=LATER + 20 * HOUR)
    queue = list(exceptions())
    assert [(one.finding, getattr(one, "holds_up", None)) for one in queue] == [
        (Finding.LEVEL, BILL),
        (Finding.DIP, SPLIT),
        (Finding.BAD_GAUGE, NOTHING),
    ]
    reach = extents([one.pk for one in queue])
    assert [reach[one.pk].readings for one in queue] == [20, 2, 1]
    assert reach[queue[1].pk].last_at == MIDNIGHT + 11 * HOUR
    assert clerk.is_staff


def test_several_exceptions_are_decided_together_or_not_at_all(meter: Device, clerk: User) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(40)} | {10: 0.0} | {40: 3.0, 41: 4.0, 42: 5.0})
    validate_readings(at=LATER)
    heads = list(exceptions())
    assert [one.finding for one in heads] == [Finding.LEVEL, Finding.DIP]
    with pytest.raises(ValidationError, match="nothing to estimate"):
        decide(heads=heads, decision=Decision.ESTIMATED, reason="x", made_by=clerk, at=AT)
    assert not ReadingEdit.objects.exists()
    assert decide(heads=heads, decision=Decision.REJECTED, reason="x", made_by=clerk, at=AT) == 4
    assert not exceptions().exists()
    assert ReadingFlag.objects.filter(withdrawn_at=None, finding=Finding.REJECTED).count() == 4


@pytest.mark.django_db(transaction=True)
def test_readings_come_in_while_a_decision_about_their_meter_is_not_yet_kept(
    meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 20)})
    validate_readings(at=LATER)
    with transaction.atomic():
        judge(clerk, Decision.ACCEPTED)
        come_in_elsewhere(meter, hour=20)
        transaction.set_rollback(True)
    assert Reading.objects.filter(device=meter).count() == 21

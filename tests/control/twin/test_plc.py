from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from control.twin.layout import Curve
from control.twin.plc import Answer, Plc, on_curve

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
COMMAND = str(UUID(int=7))
CURVE = Curve(design_outdoor_c=-9.0, design_supply_c=55.0, room_c=20.0)


def a_target(**changes: Any) -> bytes:  # noqa: ANN401 - any JSON value, also the wrong ones
    """A valid target payload with ``changes``."""
    body = {
        "command": COMMAND,
        "issued_at": NOW.isoformat(),
        "expires_at": (NOW + timedelta(minutes=30)).isoformat(),
        "secondary_supply_c": 46.5,
        "valve_pct": None,
        "reason": "curve",
    }
    return json.dumps({**body, **changes}).encode()


def receive(payload: bytes) -> tuple[Plc, Answer | None]:
    return Plc(curve=CURVE).receive(payload, outdoor_c=0.0, now=NOW)


def test_the_curve_passes_its_design_point_and_rests_at_room_temperature() -> None:
    assert on_curve(CURVE, outdoor_c=-9.0) == pytest.approx(55.0)
    assert on_curve(CURVE, outdoor_c=20.0) == pytest.approx(CURVE.room_c)
    assert on_curve(CURVE, outdoor_c=-60.0) == CURVE.highest_supply_c


def test_a_valid_target_is_applied_and_obeyed_until_it_expires() -> None:
    plc, answer = receive(a_target())
    assert answer == Answer(command=COMMAND, state="applied", reason="")
    assert plc.setpoint_c(outdoor_c=0.0, now=NOW + timedelta(minutes=29)) == 46.5


def test_after_expiry_the_curve_takes_over_with_the_last_shift_fading_over_a_day() -> None:
    plc, _answer = receive(a_target())
    own = on_curve(CURVE, outdoor_c=0.0)
    expiry = NOW + timedelta(minutes=30)
    assert plc.setpoint_c(outdoor_c=0.0, now=expiry) == pytest.approx(46.5)
    assert plc.setpoint_c(outdoor_c=0.0, now=expiry + timedelta(hours=12)) == pytest.approx((46.5 + own) / 2)
    assert plc.setpoint_c(outdoor_c=0.0, now=expiry + timedelta(days=2)) == pytest.approx(own)


def test_without_any_target_the_curve_rules() -> None:
    assert Plc(curve=CURVE).setpoint_c(outdoor_c=-9.0, now=NOW) == pytest.approx(55.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"expires_at": NOW.isoformat()}, "expired"),
        ({"issued_at": (NOW + timedelta(hours=1)).isoformat()}, "future"),
        ({"secondary_supply_c": 90.0}, "outside 10 to 75"),
        ({"secondary_supply_c": 4.0}, "outside 10 to 75"),
        ({"secondary_supply_c": float("nan")}, "outside 10 to 75"),
        ({"secondary_supply_c": None}, "not a target"),
        ({"expires_at": "soon"}, "not a target"),
        ({"expires_at": "2026-01-10T12:30:00"}, "not a target"),
    ],
)
def test_a_bad_target_is_rejected_with_its_reason_and_changes_nothing(
    changes: dict[str, Any], reason: str
) -> None:
    before, _answer = receive(a_target())
    after, answer = before.receive(a_target(**changes), outdoor_c=0.0, now=NOW)
    assert after == before
    assert answer is not None
    assert (answer.command, answer.state) == (COMMAND, "rejected")
    assert reason in answer.reason


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"7", b'{"command": "x"}', b"\xff\xfe"])
def test_what_names_no_command_gets_no_answer_and_changes_nothing(payload: bytes) -> None:
    assert receive(payload) == (Plc(curve=CURVE), None)

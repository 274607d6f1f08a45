from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import Household, Membership, User
from accounts.operations.devices import sign_out
from accounts.scope import across_utilities, utility_scope
from metering.enums import DeviceKind
from metering.live import LiveUpdate, publish
from metering.live.tickets import issue_ticket
from metering.models import Device, RoomTemperature
from metering.operations.devices import install_device, register_device
from tests.factories import a_household, a_resident, a_utility
from tests.metering.live.conftest import Phone, PhoneOf

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.usefixtures("valkey"),
]

MORNING = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


@pytest.fixture
def sensor(household: Household) -> Device:
    """A room sensor that hangs in the household and has said 20.5 °C."""
    device = register_device(kind=DeviceKind.ROOM_SENSOR, identity="room-1")
    install_device(device=device, household=household, starts_at=MORNING - timedelta(days=1))
    RoomTemperature.objects.create(
        device=device, measured_at=MORNING, temperature_c=20.5, received_at=timezone.now()
    )
    return device


def an_update(
    household: Household, *, device_id: int = 7, minutes: int = 0, room_c: float = 21.0
) -> LiveUpdate:
    return LiveUpdate(
        household_id=household.pk,
        kind="room",
        device_id=device_id,
        measured_at=MORNING + timedelta(minutes=minutes),
        values={"temperature_c": room_c},
    )


def subscribed(phone: Phone, *households: Household) -> list[dict[str, object]]:
    phone.ask(subscribe=[str(household.pk) for household in households])
    return [phone.hear() for _ in households]


def temperatures(frames: list[dict[str, object]]) -> list[tuple[object, object]]:
    return [(frame["seq"], frame["values"]["temperature_c"]) for frame in frames]  # type: ignore[index] # JSON


def test_a_snapshot_of_the_stored_values_comes_first(
    household: Household, sensor: Device, resident: User, phone_of: PhoneOf
) -> None:
    publish([an_update(household)])
    (snapshot,) = subscribed(phone_of(resident), household)
    assert len(str(snapshot.pop("epoch"))) == 12
    assert snapshot == {
        "type": "snapshot",
        "household": str(household.pk),
        "seq": 1,
        "values": [
            {
                "kind": "room",
                "device": sensor.pk,
                "measured_at": "2026-01-05T06:00:00Z",
                "values": {"temperature_c": 20.5},
            }
        ],
    }


def test_an_update_follows_the_snapshot_and_continues_its_count(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    publish([an_update(household)])
    phone = phone_of(resident)
    (snapshot,) = subscribed(phone, household)
    publish([an_update(household, minutes=5, room_c=21.7)])
    assert phone.hear() == {
        "type": "update",
        "household": str(household.pk),
        "epoch": snapshot["epoch"],
        "seq": 2,
        "kind": "room",
        "device": 7,
        "measured_at": "2026-01-05T06:05:00Z",
        "values": {"temperature_c": 21.7},
    }
    assert phone.hears_nothing()


def test_all_phones_of_a_home_hear_it_and_its_neighbours_do_not(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    neighbours = a_household()
    first, second, neighbour = (
        phone_of(resident),
        phone_of(resident),
        phone_of(a_resident(household=neighbours)),
    )
    for phone, home in ((first, household), (second, household), (neighbour, neighbours)):
        subscribed(phone, home)
    publish([an_update(household)])
    assert first.hear()["seq"] == second.hear()["seq"] == 1
    assert neighbour.hears_nothing()


def test_someone_elses_home_looks_like_one_that_does_not_exist(resident: User, phone_of: PhoneOf) -> None:
    with utility_scope(a_utility()):
        strange = a_household()
    phone = phone_of(resident)
    (refused,) = subscribed(phone, strange)
    phone.ask(subscribe=["999999999"])
    missing = phone.hear()
    assert (refused.pop("household"), missing.pop("household")) == (str(strange.pk), "999999999")
    assert refused == missing
    assert refused["code"] == "no_access"
    publish([an_update(strange)])
    assert phone.hears_nothing()


@pytest.mark.parametrize(
    "frame",
    [
        "not json",
        "[]",
        '{"subscribe": "12"}',
        '{"subscribe": [12]}',
        '{"subscribe": ["12; DROP TABLE"]}',
        '{"subscribe": ["1"], "resume": {}}',
        '{"resume": {"household": "12", "epoch": "e", "seq": "41"}}',
        '{"subscribe": ["' + '","'.join(str(n) for n in range(101)) + '"]}',
    ],
)
def test_a_bad_frame_is_answered_and_the_socket_lives_on(
    household: Household, resident: User, phone_of: PhoneOf, frame: str
) -> None:
    phone = phone_of(resident)
    phone.socket.send(frame)
    answer = phone.hear()
    assert (answer["type"], answer["code"]) == ("error", "bad_frame")
    assert subscribed(phone, household)[0]["type"] == "snapshot"


def test_resuming_brings_the_newest_of_what_was_missed_and_no_snapshot(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    publish([an_update(household, device_id=7), an_update(household, device_id=8)])
    before = phone_of(resident)
    (snapshot,) = subscribed(before, household)
    before.socket.close()
    publish([an_update(household, minutes=5, room_c=22.0)])
    publish([an_update(household, minutes=10, room_c=23.0)])
    after = phone_of(resident)
    after.ask(resume={"household": str(household.pk), "epoch": snapshot["epoch"], "seq": snapshot["seq"]})
    assert temperatures([after.hear()]) == [(4, 23.0)]
    assert after.hears_nothing()


def test_resuming_in_another_epoch_begins_with_a_snapshot(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    publish([an_update(household)])
    phone = phone_of(resident)
    phone.ask(resume={"household": str(household.pk), "epoch": "gone", "seq": 41})
    assert phone.hear()["type"] == "snapshot"


def test_a_resumed_home_goes_on_live(household: Household, resident: User, phone_of: PhoneOf) -> None:
    publish([an_update(household)])
    (snapshot,) = subscribed(phone_of(resident), household)
    phone = phone_of(resident)
    phone.ask(resume={"household": str(household.pk), "epoch": snapshot["epoch"], "seq": snapshot["seq"]})
    assert phone.hears_nothing()
    publish([an_update(household, minutes=5, room_c=22.0)])
    assert temperatures([phone.hear()]) == [(2, 22.0)]


def test_a_membership_that_ends_closes_the_socket_with_4401(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    phone = phone_of(resident)
    subscribed(phone, household)
    with across_utilities("a test"):
        Membership.objects.filter(user=resident).delete()
    assert closing_code(phone) == 4401


def test_signing_out_a_device_closes_its_socket_and_no_other(
    household: Household, resident: User, live_url: str, cookie_of: Callable[[User], str], phone_of: PhoneOf
) -> None:
    session_key = cookie_of(resident).partition("=")[2]
    offer = [Subprotocol("heat.v1")]
    offer.append(Subprotocol(f"t.{issue_ticket(user_id=resident.pk, session_key=session_key)}"))
    other = phone_of(resident)
    subscribed(other, household)
    with connect(live_url, subprotocols=offer) as socket:
        subscribed(Phone(socket), household)
        row = UserSession.objects.create(user=resident, session_key=session_key, ip="127.0.0.1")
        sign_out(user=resident, session_ids=[row.pk])
        assert closing_code(Phone(socket)) == 4401
    assert other.hears_nothing()


def test_a_person_who_is_shut_out_is_closed_with_4401(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    phone = phone_of(resident)
    subscribed(phone, household)
    User.objects.filter(pk=resident.pk).update(is_active=False)
    assert closing_code(phone) == 4401


def test_a_phone_that_does_not_read_is_skipped_forward_and_stalls_nobody(
    household: Household, resident: User, phone_of: PhoneOf
) -> None:
    slow, quick = phone_of(resident), phone_of(resident)
    subscribed(slow, household)
    subscribed(quick, household)
    rounds = 3000
    ballast = {f"value_{number}": float(number) for number in range(250)}
    for number in range(rounds):
        publish([replace(an_update(household, minutes=number), values=ballast)])
        frame = quick.hear()
    assert frame["seq"] == rounds
    heard = [slow.hear()]
    while heard[-1].get("seq") != rounds:
        heard.append(slow.hear())
    gaps = [frame for frame in heard if frame["type"] == "gap"]
    updates = [frame for frame in heard if frame["type"] == "update"]
    assert sum(int(str(gap["skipped"])) for gap in gaps) + len(updates) == rounds
    assert len(gaps) >= 1
    assert slow.hears_nothing()


def closing_code(phone: Phone) -> int | None:
    """The code the server closes with; waits for it."""
    with pytest.raises(ConnectionClosed):
        phone.hear()
    return phone.socket.close_code

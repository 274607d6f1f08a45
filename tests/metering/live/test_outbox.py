import asyncio

import orjson
import pytest

from metering.live.frames import Frame, Point
from metering.live.outbox import Outbox


def a_frame(device: int, seq: int, *, epoch: str = "e1") -> Frame:
    return Frame(f"room:{device}", Point(epoch, seq), f"room:{device} seq {seq}")


def emptied(outbox: Outbox) -> list[str]:
    """All that waits, gaps in short."""
    texts: list[str] = []
    while some := outbox.take():
        texts += some
    return [f"gap {orjson.loads(text)['skipped']}" if text.startswith("{") else text for text in texts]


def test_frames_leave_in_the_order_they_came() -> None:
    outbox = Outbox()
    for seq, device in enumerate((3, 1, 2), start=1):
        outbox.put(12, a_frame(device, seq))
    assert emptied(outbox) == ["room:3 seq 1", "room:1 seq 2", "room:2 seq 3"]


def test_a_newer_value_displaces_the_one_that_still_waits_and_a_gap_says_so() -> None:
    outbox = Outbox()
    for seq in (1, 2, 3):
        outbox.put(12, a_frame(7, seq))
    assert emptied(outbox) == ["gap 2", "room:7 seq 3"]


def test_a_full_box_lets_its_oldest_go() -> None:
    outbox = Outbox(limit=2)
    for device in (1, 2, 3):
        outbox.put(12, a_frame(device, device))
    assert emptied(outbox) == ["gap 1", "room:2 seq 2", "room:3 seq 3"]


def test_a_gap_is_told_once_and_only_to_the_home_it_is_in() -> None:
    outbox = Outbox()
    outbox.put(13, a_frame(9, 1))
    outbox.put(12, a_frame(7, 1))
    outbox.put(12, a_frame(7, 2))
    outbox.put(12, a_frame(8, 3))
    assert emptied(outbox) == ["room:9 seq 1", "gap 1", "room:7 seq 2", "room:8 seq 3"]


def test_what_came_twice_is_sent_once_and_is_no_gap() -> None:
    outbox = Outbox()
    outbox.put(12, a_frame(7, 1))
    outbox.put(12, a_frame(7, 1))
    assert emptied(outbox) == ["room:7 seq 1"]
    outbox.put(12, a_frame(7, 1))
    assert emptied(outbox) == []


def test_what_the_snapshot_held_is_not_sent_again() -> None:
    outbox = Outbox()
    outbox.put(12, a_frame(7, 4))
    outbox.put(12, a_frame(8, 6))
    outbox.stand_at(12, Point("e1", 5))
    assert emptied(outbox) == ["room:8 seq 6"]


def test_a_count_that_began_again_is_news() -> None:
    outbox = Outbox()
    outbox.stand_at(12, Point("e1", 500))
    outbox.put(12, a_frame(7, 1, epoch="e2"))
    assert emptied(outbox) == ["room:7 seq 1"]


def test_what_was_missed_is_sent_though_something_newer_of_another_device_went_before() -> None:
    outbox = Outbox()
    outbox.put(12, a_frame(9, 8))
    outbox.stand_at(12, Point("e1", 4))
    outbox.put(12, a_frame(7, 5))
    outbox.put(12, a_frame(8, 6))
    assert emptied(outbox) == ["room:9 seq 8", "room:7 seq 5", "room:8 seq 6"]


def test_what_comes_late_behind_what_was_sent_is_no_gap() -> None:
    outbox = Outbox()
    outbox.put(12, a_frame(7, 5))
    assert emptied(outbox) == ["room:7 seq 5"]
    for seq in (3, 4, 5, 6):
        outbox.put(12, a_frame(7, seq))
    assert emptied(outbox) == ["room:7 seq 6"]


def test_an_empty_box_is_waited_for() -> None:
    async def wait() -> bool:
        outbox = Outbox()
        outbox.put(12, a_frame(7, 1))
        await outbox.filled()
        emptied(outbox)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outbox.filled(), 0.01)
        return True

    assert asyncio.run(wait())

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering import topics
from metering.topics import Topic, TopicError

LEVEL = st.text(st.characters(whitelist_categories=["L", "N"]), min_size=1, max_size=20)


def test_a_topic_says_who_speaks_on_what() -> None:
    found = topics.parse("heat/v1/beijing/up/gateway-7/reading")
    assert found == Topic(utility="beijing", direction="up", device="gateway-7", channel="reading")


@given(utility=LEVEL, device=LEVEL, channel=LEVEL)
def test_what_is_built_is_read_again(utility: str, device: str, channel: str) -> None:
    up = topics.up(utility=utility, device=device, channel=channel)
    down = topics.down(utility=utility, device=device, channel=channel)
    assert topics.parse(up) == Topic(utility, "up", device, channel)
    assert topics.parse(down) == Topic(utility, "down", device, channel)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "heat/v1/beijing/up/gateway-7",
        "heat/v1/beijing/up/gateway-7/reading/more",
        "heat/v2/beijing/up/gateway-7/reading",
        "cold/v1/beijing/up/gateway-7/reading",
        "heat/v1/beijing/sideways/gateway-7/reading",
        "heat/v1//up/gateway-7/reading",
        "heat/v1/beijing/up//reading",
        "heat/v1/beijing/up/gate\x00way/reading",
        "heat/v1/beijing/up/" + "g" * 512 + "/reading",
    ],
)
def test_anything_else_is_refused(topic: str) -> None:
    with pytest.raises(TopicError):
        topics.parse(topic)

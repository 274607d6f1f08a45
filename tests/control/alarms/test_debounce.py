"""What flickers raises nothing, and nothing that is raised flickers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from control.alarms.debounce import Key, Watch, step
from control.alarms.rules import RULES, Rule
from control.alarms.verdicts import Place, Verdict

START = datetime(2026, 1, 5, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE = Place(substation_id=1)
RULE = {"leak": Rule(severity="major", threshold=40, on_delay=5 * MINUTE, off_delay=10 * MINUTE)}
BROKEN = Verdict("leak", HERE, broken=True, held=True, value=50.0, limit=40.0)
HELD = Verdict("leak", HERE, broken=False, held=True, value=35.0, limit=40.0)
KEPT = Verdict("leak", HERE, broken=False, held=False, value=0.0, limit=40.0)
LETTERS = {"b": BROKEN, "h": HELD, "k": KEPT}


def run(minutes: str, *, rules: dict[str, Rule] = RULE) -> str:
    """A verdict a minute by its letter (a dot is no verdict); R where it is raised, C where it is cleared."""
    watches: dict[Key, Watch] = {}
    said = []
    for minute, letter in enumerate(minutes):
        verdicts = [LETTERS[letter]] if letter in LETTERS else []
        done = step(watches, verdicts, rules=rules, at=START + minute * MINUTE)
        watches = done.watches
        said.append("R" if done.raised else "C" if done.cleared else "-")
    return "".join(said)


def test_it_is_raised_after_its_delay_and_only_once() -> None:
    assert run("bbbbbbbb") == "-----R--"


def test_a_kept_minute_starts_the_delay_again() -> None:
    assert run("bbbbkbbbbb") == "-" * 10
    assert run("bbbbkbbbbbb") == "-" * 10 + "R"


def test_within_the_hysteresis_nothing_new_is_raised_and_nothing_raised_clears() -> None:
    assert run("hhhhhhhhhh") == "-" * 10
    assert run("bbbbbb" + "h" * 30) == "-----R" + "-" * 30


def test_it_clears_after_its_own_delay() -> None:
    assert run("bbbbbb" + "k" * 11) == "-----R" + "-" * 10 + "C"
    assert run("bbbbbb" + "kkkkkh" * 6) == "-----R" + "-" * 36


def test_where_nothing_is_known_what_is_raised_stays_and_what_was_coming_is_forgotten() -> None:
    assert run("bbbbbb" + "." * 60) == "-----R" + "-" * 60
    assert run("bbbb.bbbbb") == "-" * 10


def test_a_rule_that_is_switched_off_raises_nothing_and_lets_go() -> None:
    off = {"leak": replace(RULE["leak"], is_enabled=False)}
    assert run("b" * 20, rules=off) == "-" * 20
    raised = {BROKEN.key: Watch(START, is_raised=True)}
    first = step(raised, [BROKEN], rules=off, at=START)
    assert step(first.watches, [BROKEN], rules=off, at=START + 10 * MINUTE).cleared == [BROKEN.key]


@given(st.text("bhk.", max_size=120))
def test_raised_and_cleared_alternate_and_keep_their_distance(minutes: str) -> None:
    said = run(minutes)

    assert re.fullmatch("(RC)*R?", said.replace("-", ""))
    raised = [minute for minute, letter in enumerate(said) if letter == "R"]
    cleared = [minute for minute, letter in enumerate(said) if letter == "C"]
    for begin in raised:
        assert set(minutes[begin - 5 : begin + 1]) == {"b"}
    for end in cleared:
        assert not set(minutes[end - 10 : end + 1]) & {"b", "h"}


def test_every_kind_of_the_code_has_a_sane_rule() -> None:
    for rule in RULES.values():
        assert rule.severity in {"critical", "major", "minor"}
        assert rule.hysteresis >= 0
        assert rule.escalate_after > rule.on_delay

"""A value that flickers raises nothing, and what is raised does not flicker either."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from control.alarms.rules import Rule
from control.alarms.verdicts import Place, Verdict

Key = tuple[str, Place]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one place and rule: since when it is broken, since when it is kept again."""

    since: datetime
    is_raised: bool = False
    kept_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One round: what to raise, what to clear, what stands with which value, and the memory afterwards."""

    raised: list[Verdict]
    cleared: list[Key]
    standing: list[Verdict]
    watches: dict[Key, Watch]


def step(
    watches: Mapping[Key, Watch], verdicts: Iterable[Verdict], *, rules: Mapping[str, Rule], at: datetime
) -> Step:
    """Debounce one round.

    A place without a verdict is unknown: what is raised stays, what was about to be raised is forgotten.
    """
    after = {key: watch for key, watch in watches.items() if watch.is_raised}
    done = Step([], [], [], after)
    for verdict in verdicts:
        rule, watch = rules[verdict.kind], watches.get(verdict.key)
        if watch is not None and watch.is_raised:
            _stand(done, watch, verdict, rule=rule, at=at)
        elif verdict.broken and rule.is_enabled:
            watch = watch or Watch(since=at)
            done.watches[verdict.key] = watch
            if at - watch.since >= rule.on_delay:
                done.watches[verdict.key] = replace(watch, is_raised=True)
                done.raised.append(verdict)
    return done


def _stand(done: Step, watch: Watch, verdict: Verdict, *, rule: Rule, at: datetime) -> None:
    """A raised one: still broken or held, kept for a while, or kept long enough."""
    if (verdict.broken or verdict.held) and rule.is_enabled:
        done.watches[verdict.key] = replace(watch, kept_since=None)
        done.standing.append(verdict)
        return
    kept_since = watch.kept_since or at
    if at - kept_since >= rule.off_delay:
        del done.watches[verdict.key]
        done.cleared.append(verdict.key)
    else:
        done.watches[verdict.key] = replace(watch, kept_since=kept_since)

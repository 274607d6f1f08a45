"""Alarms as they stand, and the rules of the utility in scope."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from django.db.models import Case, IntegerField, QuerySet, Value, When

from control.alarms.rules import RULES, Rule
from control.enums import Severity
from control.models import Alarm, AlarmRule

# Critical first.
RANK = Case(
    *(When(severity=severity, then=Value(rank)) for rank, severity in enumerate(Severity.values)),
    output_field=IntegerField(),
)


def rules() -> dict[str, Rule]:
    """Every kind's rule: the utility's own where it has one."""
    own = {
        row.kind: replace(
            RULES[row.kind],
            severity=row.severity,
            threshold=row.threshold,
            hysteresis=row.hysteresis,
            on_delay=row.on_delay,
            off_delay=row.off_delay,
            escalate_after=row.escalate_after,
            is_enabled=row.is_enabled,
        )
        for row in AlarmRule.objects.all()
    }
    return {**RULES, **own}


def standing() -> QuerySet[Alarm]:
    """What is wrong now, the most urgent first, the unacknowledged before the others."""
    rows = Alarm.objects.filter(cleared_at=None).select_related("substation", "building", "source", "utility")
    return rows.order_by(RANK, "acknowledged_at", "-raised_at", "-pk")


def standing_counts() -> Counter[str]:
    """How many of each severity nobody has acknowledged."""
    rows = Alarm.objects.filter(cleared_at=None, acknowledged_at=None)
    return Counter(rows.values_list("severity", flat=True))

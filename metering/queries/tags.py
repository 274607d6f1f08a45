"""The registry of plant signals as one utility sees it: the vocabulary, its own signals, its own limits."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from accounts.scope import current_utility_id
from metering.vocabulary import label_of

REGISTRY: Final = """
SELECT tag.id, tag.name, tag.own_label, tag.unit, tag.kind,
       COALESCE(own.low, tag.low), COALESCE(own.high, tag.high),
       CASE WHEN own.id IS NULL THEN tag.alarm_low ELSE own.alarm_low END,
       CASE WHEN own.id IS NULL THEN tag.warning_low ELSE own.warning_low END,
       CASE WHEN own.id IS NULL THEN tag.warning_high ELSE own.warning_high END,
       CASE WHEN own.id IS NULL THEN tag.alarm_high ELSE own.alarm_high END
FROM metering_telemetrytag tag
LEFT JOIN metering_taglimits own ON own.tag_id = tag.id AND own.utility_id = %(utility)s
WHERE (tag.utility_id IS NULL OR tag.utility_id = %(utility)s)
  AND (%(names)s::text[] IS NULL OR tag.name = ANY(%(names)s::text[]))
ORDER BY tag.name
"""


@dataclass(frozen=True, slots=True)
class Limited:
    """One signal with what the utility in scope holds against it.

    Outside of ``low`` to ``high`` a value cannot be true and is not stored; outside of the warnings
    somebody should look; outside of the alarms at once. None is no limit. A utility's row replaces all
    four limits of the vocabulary, so that it can also take one away.
    """

    id: int
    name: str
    own_label: str
    unit: str
    kind: str
    low: float
    high: float
    alarm_low: float | None
    warning_low: float | None
    warning_high: float | None
    alarm_high: float | None

    @property
    def label(self) -> str:
        """What a person reads, in the language in use."""
        return self.own_label or label_of(self.name)

    @property
    def is_limited(self) -> bool:
        """Whether any of the four is set."""
        return any(
            limit is not None
            for limit in (self.alarm_low, self.warning_low, self.warning_high, self.alarm_high)
        )


def registry(names: Collection[str] | None = None) -> dict[str, Limited]:
    """The signals of the utility in scope, by name; those of ``names``, or all. One statement.

    Raises:
        NoUtilityInScopeError: limits are a utility's own, so one must be in scope.
    """
    values: dict[str, Any] = {
        "utility": current_utility_id(),
        "names": None if names is None else list(names),
    }
    with connection.cursor() as cursor:
        cursor.execute(REGISTRY, values)
        found = [Limited(*row) for row in cursor.fetchall()]
    return {tag.name: tag for tag in found}


def limits() -> dict[str, Limited]:
    """The signals that have at least one limit at the utility in scope: what alarms watch."""
    return {name: tag for name, tag in registry().items() if tag.is_limited}

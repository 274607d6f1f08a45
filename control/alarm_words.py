"""The sentence for an alarm, made from its kind and figures in the reader's language; none is stored."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from control.enums import AlarmKind
from control.models import Alarm
from metering.vocabulary import label_of

SENTENCES: Final = {
    AlarmKind.SILENT_STATION: gettext_lazy("Nothing has been heard for %(value)s minutes."),
    AlarmKind.GATEWAY_OFF: gettext_lazy("A gateway has been off line for %(value)s minutes."),
    AlarmKind.SUPPLY_LOW: gettext_lazy("The supply is at %(value)s °C; at least %(limit)s °C is wanted."),
    AlarmKind.SUPPLY_HIGH: gettext_lazy("The supply is at %(value)s °C; at most %(limit)s °C is wanted."),
    AlarmKind.NO_FLOW: gettext_lazy("It is cold outdoors and only %(value)s l/h flow."),
    AlarmKind.FROST: gettext_lazy("It is cold outdoors and the return is at %(value)s °C."),
    AlarmKind.MAKE_UP: gettext_lazy("%(value)s l/h of make-up water flow; %(limit)s l/h is the limit."),
    AlarmKind.LEAK: gettext_lazy("The pressure has fallen by %(value)s kPa within an hour."),
    AlarmKind.LIMIT: gettext_lazy("%(signal)s is at %(value)s; the limit is %(limit)s."),
    AlarmKind.STATION: gettext_lazy("The station reports: %(signal)s."),
    AlarmKind.REFUSED: gettext_lazy("The station refused its newest target."),
    AlarmKind.METERS_SILENT: gettext_lazy("%(value)s %% of the meters have said nothing for a day."),
    AlarmKind.UNACCOUNTED: gettext_lazy(
        "Records that ingest took and neither stored nor put into quarantine, within a week: %(value)s. "
        "This is a defect: tell the operators of the service."
    ),
    AlarmKind.METER_FAULTS: gettext_lazy("Meters with registers that cannot be used: %(value)s."),
}


def sentence(alarm: Alarm) -> str:
    """What is wrong, with the newest figures."""
    figures = {"value": _figure(alarm.value), "limit": _figure(alarm.limit), "signal": label_of(alarm.tag)}
    said = str(SENTENCES[AlarmKind(alarm.kind)]) % figures
    if alarm.source_id is None:
        return said
    together = ngettext(
        "So it is at %(count)d station of this source, the worst one first: ",
        "So it is at %(count)d stations of this source, the worst one first: ",
        alarm.stations,
    )
    return together % {"count": alarm.stations} + said


def subject(count: int, *, utility: str) -> str:
    """The first line of a message about ``count`` alarms."""
    words = ngettext("%(utility)s: %(count)d alarm", "%(utility)s: %(count)d alarms", count)
    return words % {"utility": utility, "count": count}


def line(alarm: Alarm) -> str:
    """One alarm in a message."""
    return f"{alarm.get_severity_display()}, {alarm.where}, {alarm.get_kind_display()}: {sentence(alarm)}"


def closing(address: str) -> str:
    """Where to go from a message."""
    return _("Acknowledge it at %(address)s, so that others know it is seen to.") % {"address": address}


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}"  # noqa: PLR2004 - three digits

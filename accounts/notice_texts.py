"""What a notice says, in the language that holds when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.template.defaultfilters import floatformat
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.enums import NoticeKind


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in words; ``path`` is the page behind it."""

    subject: str
    body: str
    path: str


def words_of(kind: str, facts: dict[str, Any], *, home: str, household_id: int, zone: ZoneInfo) -> Words:
    """The words of a notice about the home named ``home``."""
    path = f"/homes/{household_id}/"
    match NoticeKind(kind):
        case NoticeKind.LEAK:
            subject, body = _("Water may be running away"), _leak(facts)
        case NoticeKind.FROST:
            subject = _("A room is near freezing")
            body = _("The coldest room has %(value)s °C. Close windows, open the valves, and call us.") % {
                "value": floatformat(facts["value"], 1)
            }
        case NoticeKind.OUTAGE:
            subject, body = _outage(facts, zone)
            path += "outages"
        case NoticeKind.BILL:
            subject = _("Your bill %(number)s") % {"number": facts["number"]}
            day = formats.date_format(date.fromisoformat(facts["due_on"]))
            body = _("%(amount)s, due on %(day)s.") % {"amount": facts["amount"], "day": day}
            path += f"bills/{facts['invoice']}/"
        case NoticeKind.USE:
            subject = _("Unusual use of heat")
            body = _(
                "Last week this home used %(value)s%% more heat than before, beyond what the whole building "
                "did. An open window, a stuck valve or guests are the usual reasons."
            ) % {"value": floatformat(facts["value"], 0)}
            path += "#use"
        case NoticeKind.COMFORT:
            subject, body = _comfort(facts)
            path += "#comfort"
    return Words(subject=subject, body=f"{home}: {body}", path=path)


def _leak(facts: dict[str, Any]) -> str:
    if facts.get("status"):
        return _(
            "The heat meter reports a leak (%(status)s). Look for water, close the valve and call us."
        ) % {"status": facts["status"]}
    return _(
        "Water has been flowing through the meter for a day without giving heat, at least %(value)s litres "
        "an hour. Look for water or a valve that does not close."
    ) % {"value": floatformat(facts["value"], 0)}


def _outage(facts: dict[str, Any], zone: ZoneInfo) -> tuple[str, str]:
    reason = facts["reason"]
    if facts.get("ended_at"):
        return _("Heat is back"), _("The heat supply works again (%(reason)s).") % {"reason": reason}
    start, end = _moment(facts["starts_at"], zone), facts.get("expected_at")
    subject = _("Planned: no heat at your address") if facts["is_planned"] else _("No heat at your address")
    if end is None:
        return subject, _("From %(start)s, until we know more (%(reason)s).") % {
            "start": start, "reason": reason
        }  # fmt: skip
    return subject, _("From %(start)s to %(end)s as far as we know (%(reason)s).") % {
        "start": start, "end": _moment(end, zone), "reason": reason
    }  # fmt: skip


def _comfort(facts: dict[str, Any]) -> tuple[str, str]:
    subject = _("The answer to your vote")
    if facts["is_applied"]:
        return subject, _(
            "The substation follows the new target, %(value)s °C supply. See what was done."
        ) % {"value": floatformat(facts["supply_c"], 1)}
    return subject, _("The substation refused the new target; the staff can see it.")


def _moment(text: str, zone: ZoneInfo) -> str:
    return formats.date_format(datetime.fromisoformat(text).astimezone(zone), "DATETIME_FORMAT")

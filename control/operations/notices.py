"""Who is told of alarms by e-mail: the network's staff on duty, then those above them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import override

from accounts.enums import StaffDuty
from accounts.models import Utility
from accounts.queries.access import staff_of
from accounts.scope import current_utility_id
from control import alarm_words
from control.enums import AlarmStep, Severity
from control.models import Alarm, AlarmEntry
from control.queries.alarms import rules, standing

logger = logging.getLogger(__name__)

# A storm is gathered into one message; the next may follow this much later.
AT_MOST_EVERY: Final = timedelta(minutes=5)
# Minor ones wait at the desk for the next round.
BY_MAIL: Final = (Severity.CRITICAL, Severity.MAJOR)
LISTED: Final = 30


@transaction.atomic
def tell_duty(*, at: datetime) -> int:
    """Send what is new to the staff on duty, and what nobody acknowledged in time to the administrators.

    One message a person and round, at most every five minutes a utility; how many alarms were told of. Where
    the mail server does not answer nothing is noted down, so the next round tries again.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    # A lock of its own, and nobody waits for it: the mail server may take its time.
    if not _is_ours(utility):
        return 0
    if AlarmEntry.objects.filter(
        step__in=[AlarmStep.NOTIFIED, AlarmStep.ESCALATED], at__gt=at - AT_MOST_EVERY
    ).exists():
        return 0
    waiting = standing().filter(acknowledged_at=None, severity__in=BY_MAIL)
    told = AlarmEntry.objects.filter(alarm=OuterRef("pk"), step=AlarmStep.NOTIFIED)
    new = list(waiting.filter(~Exists(told)))
    held = rules()
    late = [
        alarm
        for alarm in waiting.filter(Exists(told), escalated_at=None)
        if at - alarm.raised_at >= held[alarm.kind].escalate_after
    ]
    duty, above = {StaffDuty.NETWORK}, {StaffDuty.NETWORK, StaffDuty.ADMIN}
    count = _tell(new, duties=duty, step=AlarmStep.NOTIFIED, utility=utility, at=at)
    escalated = _tell(late, duties=above, step=AlarmStep.ESCALATED, utility=utility, at=at)
    if escalated:
        Alarm.objects.filter(pk__in=[alarm.pk for alarm in late]).update(escalated_at=at)
    return count + escalated


def _is_ours(utility: Utility) -> bool:
    """Whether nobody else is telling this utility's staff at the moment; ours until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('control.tell_duty'), %s)", [utility.pk])
        return bool(cursor.fetchone()[0])


def _tell(
    alarms: Sequence[Alarm], *, duties: Collection[StaffDuty], step: AlarmStep, utility: Utility, at: datetime
) -> int:
    people = list(staff_of(at=at, duties=duties)) if alarms else []
    # With nobody on duty the administrators are next at once.
    people = people or (list(staff_of(at=at, duties={StaffDuty.ADMIN})) if alarms else [])
    if not people:
        return 0
    with override(utility.locale):
        subject = alarm_words.subject(len(alarms), utility=utility.name)
        lines = [alarm_words.line(alarm) for alarm in alarms[:LISTED]]
        address = settings.PUBLIC_URL + reverse("admin:control_alarm_changelist")
        body = "\n".join([*lines, "", alarm_words.closing(address)])
    messages = [EmailMessage(subject, body, None, [person.email]) for person in people]
    try:
        get_connection().send_messages(messages)
    except (OSError, SMTPException) as error:
        logger.warning("%s: %s alarms could not be told by e-mail: %s", utility.slug, len(alarms), error)
        return 0
    names = ", ".join(str(person) for person in people)[:1000]
    AlarmEntry.objects.bulk_create(AlarmEntry(alarm=alarm, at=at, step=step, note=names) for alarm in alarms)
    return len(alarms)

"""What people decide about questioned readings: versions beside them, and the meter judged anew by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.scope import current_utility_id
from metering.enums import Decision, Finding
from metering.models import Device, Reading, ReadingEdit, ReadingFlag
from metering.operations.validation import ask_validation, validate_requested
from metering.queries.exceptions import covered_readings, last_usable_before

# Of these the first reading decides about all that follow it.
BY_THE_FIRST: Final = frozenset({Finding.LEVEL, Finding.DECREASE})
BELIEVED: Final = frozenset({Decision.ACCEPTED, Decision.ROLLED_OVER})
USABLE: Final = """energy_wh IS NOT NULL AND NOT EXISTS (
    SELECT FROM metering_readingflag flag WHERE flag.device_id = near.device_id
    AND flag.measured_at = near.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)"""
WRITE: Final = f"""
INSERT INTO metering_readingedit (utility_id, device_id, measured_at, version, decision, old_wh, new_wh,
    old_findings, carry_wh, reason, made_by_id, made_at)
SELECT reading.utility_id, reading.device_id, reading.measured_at,
    COALESCE((SELECT max(edit.version) FROM metering_readingedit edit
              WHERE edit.device_id = reading.device_id AND edit.measured_at = reading.measured_at), 0) + 1,
    %(decision)s,
    CASE WHEN stands.is_unusable IS NOT TRUE THEN reading.energy_wh END,
    CASE %(decision)s WHEN 'rejected' THEN NULL WHEN 'undone' THEN NULL
        WHEN 'estimated' THEN opening.energy_wh + floor((closing.energy_wh - opening.energy_wh)
            * EXTRACT(epoch FROM reading.measured_at - opening.measured_at)
            / EXTRACT(epoch FROM closing.measured_at - opening.measured_at))::bigint
        ELSE reading.energy_wh END,
    COALESCE(stands.findings, ''), %(carry_wh)s, %(reason)s, %(made_by)s, %(made_at)s
FROM unnest(%(devices)s::bigint[], %(instants)s::timestamptz[]) AS covered(device_id, measured_at)
JOIN metering_reading reading USING (device_id, measured_at)
CROSS JOIN LATERAL (
    SELECT bool_or(is_unusable) AS is_unusable, string_agg(finding, ' ' ORDER BY finding) AS findings
    FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
    AND flag.measured_at = reading.measured_at AND flag.withdrawn_at IS NULL) stands
LEFT JOIN LATERAL (
    SELECT near.measured_at, near.energy_wh FROM metering_reading near
    WHERE near.device_id = reading.device_id AND near.measured_at < reading.measured_at AND {USABLE}
    ORDER BY near.measured_at DESC LIMIT 1) opening ON %(decision)s = 'estimated'
LEFT JOIN LATERAL (
    SELECT near.measured_at, near.energy_wh FROM metering_reading near
    WHERE near.device_id = reading.device_id AND near.measured_at > reading.measured_at AND {USABLE}
    ORDER BY near.measured_at LIMIT 1) closing ON %(decision)s = 'estimated'
"""  # noqa: S608 - our own names


@transaction.atomic
def decide(
    *,
    heads: Sequence[ReadingFlag],
    decision: Decision,
    reason: str,
    made_by: User,
    at: datetime,
    modulus_wh: int | None = None,
) -> int:
    """Decide about the exceptions that begin with ``heads``, and judge their meters anew; how many readings.

    All or nothing. A level is decided by its first reading: those after it follow. The readings stay.

    Raises:
        ValidationError: no reason; a fall is accepted as it is; what did not fall is said to have rolled
            over, or at no modulus; or there is no later register to estimate towards.
    """
    if not reason.strip():
        raise ValidationError(_("Say why you decide so."))
    for head in heads:
        _refuse_the_impossible(head, decision, modulus_wh)
    first = [one for one in heads if one.finding in BY_THE_FIRST and decision in BELIEVED]
    readings = [(one.device_id, one.measured_at) for one in first]
    readings += covered_readings([one.pk for one in heads if one not in first])
    carry_wh = modulus_wh if decision == Decision.ROLLED_OVER else None
    return _write(readings, decision=decision, reason=reason, made_by=made_by, at=at, carry_wh=carry_wh)


@transaction.atomic
def undo(*, edit: ReadingEdit, reason: str, made_by: User, at: datetime) -> int:
    """Take back all that was decided together with ``edit``, as far as it still counts; how many readings.

    Raises:
        ValidationError: no reason, or somebody has decided anew since.
    """
    if not reason.strip():
        raise ValidationError(_("Say why you decide so."))
    together = ReadingEdit.objects.filter(
        device_id=edit.device_id, made_at=edit.made_at, made_by_id=edit.made_by_id, decision=edit.decision
    ).exclude(decision=Decision.UNDONE)
    newer = set(
        ReadingEdit.objects.filter(
            device_id=edit.device_id, pk__gt=edit.pk, made_at__gt=edit.made_at
        ).values_list("measured_at", flat=True)
    )
    readings = [(one.device_id, one.measured_at) for one in together if one.measured_at not in newer]
    if not readings:
        raise ValidationError(_("This is not the newest decision about the reading."))
    return _write(readings, decision=Decision.UNDONE, reason=reason, made_by=made_by, at=at, carry_wh=None)


def _write(
    readings: Sequence[tuple[int, datetime]],
    *,
    decision: Decision,
    reason: str,
    made_by: User,
    at: datetime,
    carry_wh: int | None,
) -> int:
    devices = sorted({device_id for device_id, _at in readings})
    # Two who decide about one meter come one after the other; its readings go on coming in meanwhile.
    list(Device.objects.select_for_update(no_key=True).filter(pk__in=devices).order_by("pk"))
    values = {
        "decision": decision.value,
        "carry_wh": carry_wh,
        "reason": reason.strip(),
        "made_by": made_by.pk,
        "made_at": at,
        "devices": [device_id for device_id, _at in readings],
        "instants": [measured_at for _device, measured_at in readings],
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        written: int = cursor.rowcount
    utility_id = current_utility_id()
    ask_validation(readings=[(utility_id, device, measured_at) for device, measured_at in readings])
    validate_requested(device_ids=devices, at=at)
    return written


def _refuse_the_impossible(head: ReadingFlag, decision: Decision, modulus_wh: int | None) -> None:
    if decision == Decision.ESTIMATED:
        _refuse_an_open_end(head)
    if decision not in BELIEVED:
        return
    before = last_usable_before(head.device_id, head.measured_at)
    before_wh = before.energy_wh or 0 if before else 0
    after_wh = Reading.objects.get(device_id=head.device_id, measured_at=head.measured_at).energy_wh or 0
    if decision == Decision.ACCEPTED and after_wh < before_wh:
        message = _("A register does not fall: declare a roll-over or an exchange, reject or estimate it.")
        raise ValidationError(message)
    if decision == Decision.ROLLED_OVER:
        _refuse_no_roll_over(before_wh=before_wh, after_wh=after_wh, modulus_wh=modulus_wh or 0)


def _refuse_no_roll_over(*, before_wh: int, after_wh: int, modulus_wh: int) -> None:
    if after_wh >= before_wh:
        raise ValidationError(_("The register did not fall, so it did not roll over."))
    if modulus_wh <= before_wh:
        raise ValidationError(_("The register starts again above its last reading before."))


def _refuse_an_open_end(head: ReadingFlag) -> None:
    last_at = max(measured_at for _device, measured_at in covered_readings([head.pk]))
    standing = ReadingFlag.objects.filter(device_id=head.device_id, is_unusable=True, withdrawn_at=None)
    later = Reading.objects.filter(
        device_id=head.device_id, measured_at__gt=last_at, energy_wh__isnull=False
    ).exclude(measured_at__in=standing.values("measured_at"))
    if not later.exists():
        raise ValidationError(_("No later register can be used, so there is nothing to estimate towards."))

"""The files of a person's archive, each as rows; only the time in which a home was theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from accounts.enums import SEES_MONEY
from accounts.models import (
    AccessToken,
    Consent,
    DataRequest,
    Membership,
    Notice,
    NoticeChoice,
    NoticeSettings,
    User,
)
from accounts.period import Period, instants
from billing.enums import InvoiceState
from billing.models import Invoice, InvoiceLine, PaymentAttempt
from comfort.models import Feedback
from metering.enums import DeviceKind
from metering.models import MoveOut, Reading, RoomTemperature

Row = dict[str, Any]
CHUNK: Final = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its name without ending, and its rows."""

    name: str
    rows: Iterator[Row]


def personal_parts(user: User) -> Iterator[Part]:
    """What hangs on the person and on no home; no secrets, for they are kept as digests."""
    person = User.objects.filter(pk=user.pk)
    yield Part("person", _rows(person, "email", "name", "phone", "date_joined", "last_login"))
    yield Part("notice_settings", _rows(NoticeSettings.objects.filter(user=user)))
    yield Part("notice_choices", _rows(NoticeChoice.objects.filter(user=user)))
    tokens = AccessToken.objects.filter(user=user)
    yield Part(
        "keys", _rows(tokens, "name", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    )
    yield Part("consents", _rows(Consent.objects.filter(user=user), "purpose", "is_given", "text", "at"))
    requests = DataRequest.objects.filter(user=user)
    yield Part("requests", _rows(requests, "kind", "state", "asked_at", "due_at"))


def home_parts(membership: Membership) -> Iterator[Part]:
    """What one home said while it was the person's; its utility is in scope."""
    home, time = membership.household_id, instants(membership.period, membership.utility.zone)
    place = {
        "home": str(membership.household),
        "customer_number": membership.household.customer_number,
        "utility": membership.utility.name,
        "role": membership.role,
        "starts_on": membership.starts_on,
        "ends_on": membership.ends_on,
    }
    yield Part("membership", iter([place]))
    mine = {"household": home, "user": membership.user_id}
    yield Part("notices", _rows(Notice.objects.filter(**mine), "kind", "facts", "at", "read_at"))
    yield Part(
        "moves", _rows(MoveOut.objects.filter(**mine), "moves_on", "said_wh", "told_at", "cancelled_at")
    )
    votes = Feedback.objects.filter(_within("given_at", time), **mine)
    fields = ("given_at", "sensation", "comment", "room__name", "room_temperature_c", "outdoor_c")
    yield Part("votes", _rows(votes, *fields))
    yield from _measured(home, time)
    if membership.role in SEES_MONEY:
        yield from _money(membership)


def _measured(home: int, time: Period[datetime]) -> Iterator[Part]:
    # A device that hung in another home before says nothing of that one here.
    ends_at = F("device__installations__ends_at")
    hung = Q(
        Q(device__installations__ends_at=None) | Q(measured_at__lt=ends_at),
        _within("measured_at", time),
        device__installations__household=home,
        measured_at__gte=F("device__installations__starts_at"),
    )
    readings = Reading.objects.filter(hung, device__kind=DeviceKind.HEAT_METER)
    registers = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c", "quality")
    yield Part("readings", _rows(readings, "device__serial", "measured_at", *registers, order="measured_at"))
    rooms = RoomTemperature.objects.filter(hung)
    seen = ("device__serial", "measured_at", "temperature_c", "humidity_pct")
    yield Part("room_temperatures", _rows(rooms, *seen, order="measured_at"))


def _money(membership: Membership) -> Iterator[Part]:
    bills = Invoice.objects.filter(
        Q(contract__ends_on=None) | Q(contract__ends_on__gt=membership.starts_on),
        household=membership.household_id,
        state=InvoiceState.ISSUED,
    )
    if membership.ends_on is not None:
        bills = bills.filter(period_start__lt=membership.ends_on)
    dates = ("kind", "period_start", "period_end", "issued_at", "due_on")
    sums = ("currency", "net_minor", "tax_minor", "total_minor", "corrects__number", "reason")
    yield Part("bills", _rows(bills, "number", *dates, *sums))
    lines = InvoiceLine.objects.filter(invoice__in=bills)
    yield Part(
        "bill_lines",
        _rows(lines, "invoice__number", "position", "description", "formula", "net_minor", "tax_minor"),
    )
    paid = PaymentAttempt.objects.filter(started_by=membership.user_id, invoice__in=bills)
    yield Part("payments", _rows(paid, "invoice__number", "created_at", "state", "amount_minor", "currency"))


def _within(field: str, time: Period[datetime]) -> Q:
    since = Q(**{f"{field}__gte": time.start})
    return since if time.end is None else since & Q(**{f"{field}__lt": time.end})


def _rows(rows: QuerySet[Any], *fields: str, order: str = "pk") -> Iterator[Row]:
    return rows.order_by(order).values(*fields).iterator(chunk_size=CHUNK)

"""One search over all that a caller may say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from django.db.models import Prefetch, QuerySet

from accounts.models import Contract, Household, Membership
from accounts.period import on_day
from accounts.queries.search import homes_said
from billing.models import Invoice
from billing.queries.search import homes_billed_by, homes_of_reference
from metering.queries.search import homes_metered_by

# Enough to choose from; more is a reason to say more.
LISTED: Final = 40
MOST_WORDS: Final = 6
_HOME: Final = re.compile(r"/homes/(\d{1,18})\b")
_BILL: Final = re.compile(r"/bills/(\d{1,18})\b")


@dataclass(frozen=True, slots=True)
class Found:
    """A home that the words name, who pays for it today and who lives there."""

    household: Household
    customers: Sequence[str]
    residents: Sequence[str]


def find_homes(said: str, *, on: date) -> list[Found]:
    """The homes of the utility in scope that all words of ``said`` name, `LISTED` and one more at most.

    A payment reference may stand in it with its blanks; an address copied from the page is understood too.
    Three statements, whatever is said.
    """
    rows = _named(said)
    contracts = Prefetch("contracts", Contract.objects.filter(on_day(on)), to_attr="now_paid_by")
    members = Membership.objects.filter(on_day(on)).select_related("user")
    people = Prefetch("memberships", members, to_attr="now_lived_in_by")
    rows = rows.select_related("building").prefetch_related(contracts, people)
    return [_found(row) for row in rows.order_by("customer_number")[: LISTED + 1]]


def _found(row: Any) -> Found:  # noqa: ANN401 - a household with what was prefetched to it
    customers = [contract.customer_name for contract in row.now_paid_by]
    return Found(row, customers, [str(member.user) for member in row.now_lived_in_by])


def _named(said: str) -> QuerySet[Household]:
    words = said.split()[:MOST_WORDS]
    if not words:
        return Household.objects.none()
    if said.lstrip().startswith(("http://", "https://", "/")):
        return _addressed(urlsplit(said.strip()).path)
    referred = homes_of_reference(said)
    if referred is not None:
        return Household.objects.filter(pk__in=referred)
    homes = Household.objects.all()
    for word in words:
        named = homes_said(word) + homes_metered_by(word) + homes_billed_by(word)
        homes = homes.filter(pk__in=named[0].union(*named[1:]))
    return homes


def _addressed(path: str) -> QuerySet[Household]:
    if home := _HOME.search(path):
        return Household.objects.filter(pk=int(home[1]))
    if bill := _BILL.search(path):
        return Household.objects.filter(pk__in=Invoice.objects.filter(pk=int(bill[1])).values("household"))
    return Household.objects.none()

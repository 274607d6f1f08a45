"""Telling who pays that a bill is there."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from accounts.enums import MINOR_DIGITS, Currency, NoticeKind
from accounts.models import Notice, Utility
from accounts.operations.notices import Occasion, tell
from accounts.scope import current_utility_id
from billing.models import Invoice
from billing.rating.lines import amount

# A worker that was away for longer tells nobody of what is old news by then.
LOOKED_BACK: Final = timedelta(days=3)
BATCH: Final = 1000


def tell_of_bills(*, at: datetime) -> int:
    """The bills issued of late in the utility in scope; how many people were told."""
    key = Concat(Value("bill:"), Cast(OuterRef("pk"), CharField()))
    told = Notice.objects.filter(key=key)
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    # Whoever lives there after the contract's end learns nothing of its last bill.
    runs = Q(contract__ends_on=None) | Q(contract__ends_on__gt=today)
    new = Invoice.objects.filter(runs, issued_at__gt=at - LOOKED_BACK, issued_at__lte=at)
    rows = new.filter(~Exists(told), due_on__isnull=False).order_by("pk")[:BATCH]
    return tell((_occasion(invoice) for invoice in rows), at=at)


def _occasion(invoice: Invoice) -> Occasion:
    digits = MINOR_DIGITS[Currency(invoice.currency)]
    return Occasion(
        household_id=invoice.household_id,
        kind=NoticeKind.BILL,
        key=f"bill:{invoice.pk}",
        facts={
            "invoice": invoice.pk,
            "number": invoice.number,
            "amount": amount(invoice.total_minor, invoice.currency, digits),
            "due_on": invoice.due_on.isoformat() if invoice.due_on else "",
        },
        before=invoice.period_end,
    )

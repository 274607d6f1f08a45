"""The daily three-way match: ledger, provider's account, documents; what differs stands at the desk."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from billing.models import MoneyCheck, MoneyFinding
from billing.queries.money_checks import compare_clearing, compare_documents, compare_payments

# The provider's account is read every ten minutes; what is younger may not have been.
NEWS_TAKES: Final = timedelta(hours=1)


@transaction.atomic
def check_money(*, at: datetime) -> MoneyCheck:
    """Compare all three for the utility in scope, and keep what was compared and what differs."""
    payments, unlike_payments = compare_payments(settled=at - NEWS_TAKES)
    documents, unlike_documents = compare_documents()
    # As a whole only where nothing is on its way: then the parts say what the whole would.
    whole = [] if unlike_payments else compare_clearing()
    check = MoneyCheck.objects.create(checked_at=at, payments=payments, documents=documents)
    MoneyFinding.objects.bulk_create(
        MoneyFinding(
            check_run=check,
            kind=each.kind,
            subject=each.subject,
            ours_minor=each.ours_minor,
            theirs_minor=each.theirs_minor,
            currency=each.currency,
        )
        for each in (*unlike_payments, *unlike_documents, *whole)
    )
    return check

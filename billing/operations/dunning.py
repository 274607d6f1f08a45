"""Reminders: each step once for each bill, the furthest that is reached, unless something lets it rest."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Utility
from accounts.scope import current_utility_id
from billing.enums import LetterKind
from billing.models import DunningStep, Letter
from billing.operations.letters import NewLetter, write_letter
from billing.queries.dunning import to_be_reminded


def remind(*, at: datetime) -> int:
    """Write the reminders that are due in the utility in scope; how many those are.

    A bill that comes late to the desk (its plan broke, its dispute was lost) gets the step it has reached,
    not all before it on one day.
    """
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    written = 0
    reminded: set[int] = set()
    for step in DunningStep.objects.order_by("-days_after_due"):
        late = to_be_reminded(on=today, after_days=step.days_after_due).exclude(pk__in=reminded)
        known = set(Letter.objects.filter(kind=step.tone, invoice__in=late).values_list("invoice", flat=True))
        for invoice in late.iterator(chunk_size=500):
            reminded.add(invoice.pk)
            if invoice.pk not in known:
                with transaction.atomic():
                    letter = NewLetter(
                        key=f"dunning:{step.tone}:{invoice.pk}",
                        kind=LetterKind(step.tone),
                        invoice=invoice,
                        owed_minor=invoice.owed_minor,
                    )
                    written += write_letter(letter=letter, at=at)
    return written

"""The desk's page on which bills stand beside their replay, and are corrected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from billing.admin.read_only import money_text
from billing.models import InvoiceLine
from billing.operations.corrections import CannotCorrectError
from billing.operations.replays import Revision, issue_corrections, revisions
from billing.queries.checks import bills_to_correct, newest_check

# More than a person looks through; the rest comes up once these are corrected.
SHOWN: Final = 100
MAY_CORRECT: Final = "billing.change_invoice"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a bill before and after; either side may be empty."""

    description: str
    before: str
    before_formula: str
    after: str
    after_formula: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A bill beside its replay, in words."""

    revision: Revision
    last_day: date
    rows: Sequence[Row]
    before: str
    after: str
    difference: str
    lost: str
    kept: int


def corrections_page(request: HttpRequest) -> HttpResponse:
    """Show the bills named in the address, or those of the newest check; correct them where told to.

    Raises:
        PermissionDenied: the clerk may not correct bills.
    """
    if not request.user.has_perm(MAY_CORRECT):
        raise PermissionDenied
    fault = ""
    if request.method == "POST":
        try:
            return _issue(request)
        except CannotCorrectError as error:
            fault = str(error)
    named = [int(key) for key in request.GET.get("bills", "").split(",") if key.isdigit()]
    bill_ids = named or bills_to_correct()
    shown = [_shown(revision) for revision in revisions(bill_ids=bill_ids[:SHOWN])]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Corrections of issued bills"),
        "shown": [each for each in shown if each.revision.differs or each.revision.fault],
        "unchanged": [each for each in shown if not (each.revision.differs or each.revision.fault)],
        "more": max(0, len(bill_ids) - SHOWN),
        "is_named": bool(named),
        "check": newest_check(),
        "reason": request.POST.get("reason", ""),
        "fault": fault,
    }
    status = 409 if fault else 200
    return TemplateResponse(request, "admin/billing/corrections.html", context, status=status)


def address_of(bill_ids: Sequence[int]) -> str:
    """The page about these bills."""
    return f"{reverse('admin:billing_invoice_corrections')}?bills={','.join(map(str, bill_ids))}"


def _issue(request: HttpRequest) -> HttpResponseRedirect:
    chosen = [int(key) for key in request.POST.getlist("bill") if key.isdigit()]
    if not chosen:
        raise CannotCorrectError(_("Choose at least one bill."))
    previewed = {key: int(request.POST.get(f"difference-{key}", "0")) for key in chosen}
    documents = issue_corrections(
        bill_ids=chosen,
        reason=request.POST.get("reason", ""),
        actor=request.user if isinstance(request.user, User) else None,
        at=timezone.now(),
        previewed=previewed,
    )
    text = ngettext("%(count)s correction is issued.", "%(count)s corrections are issued.", len(documents))
    messages.success(request, text % {"count": len(documents)})
    return HttpResponseRedirect(reverse("admin:billing_invoice_changelist"))


def _shown(revision: Revision) -> Shown:
    currency = revision.bill.currency
    return Shown(
        revision=revision,
        # People count the last day, not the day after it.
        last_day=revision.bill.period_end - timedelta(days=1),
        rows=_rows(revision),
        before=money_text(revision.before_minor, currency),
        after=money_text(revision.after_minor, currency),
        difference=money_text(revision.difference_minor, currency),
        lost=money_text(revision.lost_minor, currency) if revision.lost_minor else "",
        kept=len(revision.kept),
    )


def _rows(revision: Revision) -> list[Row]:
    """Old and new lines of one price side by side, in the order of the bill."""
    currency = revision.bill.currency
    added: list[InvoiceLine] = list(revision.added)
    rows = []
    for charge in revision.replaced:
        line = charge.line
        partner = next((row for row in added if _is_same_price(row, line)), None)
        if partner is not None:
            added.remove(partner)
        rows.append(
            Row(
                description=line.description,
                before=money_text(charge.left_minor, currency),
                before_formula=line.formula,
                after=money_text(_total(partner), currency) if partner else "",
                after_formula=partner.formula if partner else "",
            )
        )
    rows += [Row(row.description, "", "", money_text(_total(row), currency), row.formula) for row in added]
    return rows


def _is_same_price(row: InvoiceLine, line: InvoiceLine) -> bool:
    return (row.kind, row.description, row.tax_rate) == (line.kind, line.description, line.tax_rate)


def _total(row: InvoiceLine) -> int:
    return row.net_minor + row.tax_minor

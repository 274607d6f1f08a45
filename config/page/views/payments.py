"""Paying a bill: off to the provider's own page, and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.scope import utility_scope
from billing.enums import ACTIVE_ATTEMPTS
from billing.operations.payments import (
    NothingDueError,
    PaymentRequest,
    PaymentUnderWayError,
    start_payment,
)
from billing.operations.plans import PlanError, PlanRequest, agree_plan
from billing.payments.configured import configured_provider
from billing.payments.provider import ProviderRefusedError, ProviderUnavailableError
from billing.queries.invoices import invoice_of
from billing.queries.payments import attempt_of_session
from config.page.views.base import ResidentView
from config.page.views.bills import BillPage

# A month to get the first part together.
FIRST_AFTER: Final = timedelta(days=30)


class Pay(BillPage):
    """Starts a payment, or goes on with the one that was started."""

    http_method_names = ["post", "options"]

    def post(self, _request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Go to the provider's page; where there is none to go to, the bill says why."""
        asked = PaymentRequest(
            invoice=self.invoice(invoice_id), by=self.person, locale=get_language() or "en"
        )
        try:
            started = start_payment(request=asked, provider=configured_provider(), at=self.now)
        except NothingDueError:
            return self.show(invoice_id, status=409, fault=_("This bill is paid already."))
        except PaymentUnderWayError:
            return self.show(
                invoice_id, status=409, fault=_("Your payment is on its way; the bank has not answered yet.")
            )
        except ProviderUnavailableError:
            return self.show(
                invoice_id,
                status=503,
                fault=_("The payment page cannot be reached just now. Nothing was charged."),
            )
        except ProviderRefusedError:
            return self.show(
                invoice_id, status=502, fault=_("The payment page was refused. Nothing was charged.")
            )
        return redirect(started.attempt.url)


class Plan(BillPage):
    """Agrees on instalments of a bill that is past due, within the resident's limits."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Agree, from a month from today on; or the bill says why not."""
        given = request.POST.get("instalments", "")
        asked = PlanRequest(
            invoice=self.invoice(invoice_id),
            instalments=int(given) if given.isdecimal() and len(given) < 3 else 0,  # noqa: PLR2004 - digits
            first_on=self.access.utility.local_date(self.now) + FIRST_AFTER,
            by=self.person,
        )
        try:
            agree_plan(request=asked, at=self.now)
        except PlanError as error:
            return self.show(invoice_id, status=409, fault=str(error))
        return redirect("page:bill", self.access.household.pk, invoice_id)


class PayReturn(ResidentView):
    """Where the provider sends people back to: the page asks until the money has been confirmed."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """How the payment stands; never "paid" before the provider's own word.

        Raises:
            Http404: no such payment of this person.
        """
        found = attempt_of_session(self.person, request.GET.get("sid", ""), at=self.now)
        if found is None or not found[0].sees_money:
            raise Http404(_("This payment is not one of yours."))
        access, attempt = found
        with utility_scope(access.utility), timezone.override(access.utility.zone):
            return self.page(
                "page/paid.html",
                access=access,
                attempt=attempt,
                bill=attempt.invoice,
                is_waiting=attempt.state in ACTIVE_ATTEMPTS,
            )


class BillAddress(ResidentView):
    """`/bills/<id>`, the address that needs no home: what the provider's page cancels to."""

    def get(self, _request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Go to the bill in its home.

        Raises:
            Http404: the bill is not this person's.
        """
        found = invoice_of(self.person, invoice_id, at=self.now)
        if found is None or not found[0].sees_money:
            raise Http404(_("This bill is not one of yours."))
        return redirect("page:bill", found[0].household.pk, invoice_id)

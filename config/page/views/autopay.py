"""Automatic payment of a home's bills: switched on with a card saved at the provider, off at any time."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import Contract
from billing.operations.autopay import (
    AutopayRequest,
    end_autopay,
    mandate_text,
    settle_setup,
    start_autopay,
)
from billing.payments.configured import configured_provider
from billing.payments.provider import ProviderRefusedError, ProviderUnavailableError
from billing.queries.dunning import mandate_of, pending_mandate_of
from billing.queries.invoices import contract_of
from config.page.views.base import HomeView


class AutopayPage(HomeView):
    """What is agreed, and the one button that changes it."""

    needs_money = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; back from the provider's page, ask there first whether a card was saved."""
        if request.GET.get("sid"):
            self._look(request.GET["sid"])
        return self.show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Switch on, which leads to the provider's page, or off."""
        try:
            if "off" in request.POST:
                return self._off()
            order = AutopayRequest(
                contract=self._contract(),
                by=self.person,
                locale=get_language() or "en",
                return_path=reverse("page:autopay", args=[self.access.household.pk]),
            )
            return redirect(start_autopay(request=order, provider=configured_provider(), at=self.now))
        except (ProviderUnavailableError, ProviderRefusedError):
            return self.show(status=503, fault=_("The payment page cannot be reached just now."))

    def show(self, *, status: int = 200, fault: str = "") -> HttpResponse:
        """The page, with what went wrong beside the button it went wrong at."""
        contract = self._contract()
        return self.page(
            "page/autopay.html",
            status=status,
            fault=fault,
            mandate=mandate_of(contract.pk),
            text=mandate_text(contract),
        )

    def _off(self) -> HttpResponse:
        mandate = mandate_of(self._contract().pk)
        if mandate is not None:
            end_autopay(mandate=mandate, provider=configured_provider(), at=self.now)
        return redirect("page:autopay", self.access.household.pk)

    def _look(self, session_id: str) -> None:
        mandate = pending_mandate_of(self._contract().pk, session_id)
        if mandate is None:
            return
        try:
            told = configured_provider().fetch_setup(session_id)
        except (ProviderUnavailableError, ProviderRefusedError):
            # Its event will tell.
            return
        settle_setup(mandate=mandate, told=told, at=self.now)

    def _contract(self) -> Contract:
        contract = contract_of(self.access, on=self.access.utility.local_date(self.now))
        if contract is None:
            raise Http404(_("This home has no contract whose bills could be paid."))
        return contract

"""A person without a home, or with one more, says which is theirs."""

from __future__ import annotations

from http import HTTPStatus

import redis
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Membership
from accounts.operations.claims import ClaimRefusedError
from config.page.views.base import ResidentView
from metering.operations.claims import Claim, TooManyClaimsError, claim_home


class ClaimForm(forms.Form):
    """The code on the bill, or the two numbers."""

    code = forms.CharField(
        label=gettext_lazy("Code on the bill"),
        max_length=40,
        required=False,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    customer_number = forms.CharField(label=gettext_lazy("Customer number"), max_length=32, required=False)
    meter_serial = forms.CharField(
        label=gettext_lazy("Serial number on the heat meter"), max_length=32, required=False
    )

    def clean(self) -> None:
        """One of the two ways, whole."""
        said = self.cleaned_data
        if not said.get("code") and not (said.get("customer_number") and said.get("meter_serial")):
            raise forms.ValidationError(
                _("Give the code on your bill, or the customer number and the meter's serial number.")
            )


class ClaimPage(ResidentView):
    """The form, and what became of it."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.page("page/claim.html", form=ClaimForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Try the claim; the home is the answer."""
        form = ClaimForm(request.POST)
        membership = self._claimed(form) if form.is_valid() else None
        if membership is None:
            return self.page("page/claim.html", form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.success(request, _("This home is now yours to see."))
        return redirect("page:household", membership.household_id)

    def _claimed(self, form: ClaimForm) -> Membership | None:
        try:
            return claim_home(Claim(**form.cleaned_data), user=self.person, at=self.now)
        except ClaimRefusedError as error:
            form.add_error(None, str(error))
        except TooManyClaimsError as error:
            minutes = int(error.wait_s // 60) + 1
            words = ngettext(
                "That was too often. Please try again in %(minutes)d minute.",
                "That was too often. Please try again in %(minutes)d minutes.",
                minutes,
            )
            form.add_error(None, words % {"minutes": minutes})
        except redis.RedisError:
            form.add_error(None, _("Homes cannot be claimed just now. Please try again in a minute."))
        return None

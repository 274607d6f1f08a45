"""`customers/`: one search over all that a caller may say."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from config.desk.customers.search import LISTED, find_homes
from config.desk.pages.base import DeskPage

LONGEST = 200


class CustomersPage(DeskPage):
    """The search, and the homes it finds; one alone is opened at once."""

    may_see = "accounts.view_household"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Find them."""
        said = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
        found = find_homes(said, on=self.utility.local_date(self.now)) if said else []
        if len(found) == 1:
            return redirect("desk-customer", found[0].household.pk)
        return self.page(
            "desk/customers.html",
            title=_("Customers"),
            said=said,
            found=found[:LISTED],
            is_more=len(found) > LISTED,
            listed=LISTED,
        )

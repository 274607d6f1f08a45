"""Who of the utility looked at a resident's page, and how a clerk stops looking."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View

from accounts.models import User
from accounts.operations.looks import end_look
from accounts.queries.looks import SESSION_KEY, look_of, looks_at
from config.page.views.base import ResidentView


class LooksPage(ResidentView):
    """Every time somebody saw a home's page as this person does."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show them."""
        return self.page("page/looks.html", looks=looks_at(self.person))


class LookEnd(View):
    """The clerk's own button; the one thing that may be done while looking."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Back to the desk."""
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        look = look_of(request.user, request.session.pop(SESSION_KEY, None))
        if look is None:
            return redirect("page:home")
        end_look(look=look, at=timezone.now())
        messages.success(request, _("You look as a resident no longer."))
        return redirect("desk-customer", look.household_id)

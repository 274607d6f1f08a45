"""Where a person is signed in, and by what."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from accounts.operations.devices import sign_out, sign_out_everywhere
from accounts.queries.devices import devices_of
from config.page.views.base import ResidentView


class DevicesPage(ResidentView):
    """All sessions, each with a button that ends it."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them."""
        this = request.session.session_key or ""
        return self.page("page/devices.html", devices=devices_of(self.person, this=this, at=self.now))

    def post(self, request: HttpRequest) -> HttpResponse:
        """End one, or all but this."""
        given = request.POST.get("device", "")
        if given == "others":
            ended = sign_out_everywhere(user=self.person, but=request.session.session_key or "")
        else:
            is_key = given.isdecimal() and len(given) < 19  # noqa: PLR2004 - digits of a key
            ended = sign_out(user=self.person, session_ids=[int(given)] if is_key else [])
        words = ngettext("Signed out on %(count)d device.", "Signed out on %(count)d devices.", ended)
        messages.success(request, words % {"count": ended})
        return redirect("page:devices")

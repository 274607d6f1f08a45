"""The one way a page reaches a home: through a membership, into its utility's scope and clock."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache

from accounts.models import ResidentLook, User
from accounts.queries.access import Access, homes_of
from accounts.queries.looks import SESSION_KEY, look_of, may_look
from accounts.scope import utility_scope
from accounts.told import acting

# Tells the service worker not to keep the page.
LOOK_HEADER: Final = "X-Resident-Look"


@method_decorator(never_cache, name="dispatch")
class ResidentView(View):
    """A page of one person: `self.person`, `self.homes` and `self.now` are set.

    A clerk in the middle of a look is shown the resident's page in `self.look`: read-only, that one home,
    and only views that say `may_be_looked_at`. Nothing but these views ever takes the clerk for the resident.
    """

    person: User
    homes: list[Access]
    now: datetime
    look: ResidentLook | None
    may_be_looked_at = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's signature
        """Ask strangers to sign in; find the person's homes."""
        if not isinstance(request.user, User):
            return redirect_to_login(request.get_full_path())
        self.person, self.now = request.user, timezone.now()
        self.look = look_of(self.person, request.session.get(SESSION_KEY))
        if self.look is None:
            self.homes = homes_of(self.person, at=self.now)
            with acting(self.person.pk, reason=f"{request.method} {request.path}"):
                return self.enter(request, *args, **kwargs)
        if not may_look(self.look, at=self.now):
            return self._after(self.look)
        return self._looked_at(self.look, *args, **kwargs)

    def _looked_at(self, look: ResidentLook, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - as above
        if self.request.method not in {"GET", "HEAD"}:
            raise PermissionDenied(_("You are looking as a resident: nothing can be changed."))
        if not self.may_be_looked_at:
            raise PermissionDenied(_("This page is for the resident alone."))
        self.person = look.resident
        homes = homes_of(self.person, at=self.now)
        self.homes = [home for home in homes if home.household.pk == look.household_id]
        answer = self.enter(self.request, *args, **kwargs)
        # The clerk's browser keeps no copy for later.
        answer[LOOK_HEADER] = str(look.pk)
        return answer

    def _after(self, look: ResidentLook) -> HttpResponse:
        del self.request.session[SESSION_KEY]
        messages.info(self.request, _("Your look as a resident is over."))
        return redirect("desk-customer", look.household_id)

    def enter(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - as above
        """Run the page's own method; what a page needs around it goes here."""
        return super().dispatch(request, *args, **kwargs)

    def page(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:  # noqa: ANN401 - a template's context
        """Render ``template`` while the scope and the utility's clock still hold."""
        frame = {"homes": self.homes, "person": self.person, "now": self.now, "look": self.look}
        return render(self.request, template, {**frame, **context}, status=status)


class HomeView(ResidentView):
    """A page about one home, ``household_id`` in its address; someone else's home is not found.

    `needs_money` pages refuse a caretaker.
    """

    access: Access
    needs_money = False

    def enter(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - Django's signature
        """Find the way in, then work in the home's scope and on its clock.

        Raises:
            Http404: the home is not the person's own, or does not exist.
            PermissionDenied: the page shows money and the person is a caretaker.
        """
        household_id = kwargs.pop("household_id")
        access = next((home for home in self.homes if home.household.pk == household_id), None)
        if access is None:
            raise Http404(_("This home is not one of yours."))
        if self.needs_money and not access.sees_money:
            raise PermissionDenied(_("Bills are the business of those who live here."))
        self.access = access
        with utility_scope(access.utility), timezone.override(access.utility.zone):
            return super().enter(request, *args, **kwargs)

    def page(self, template: str, *, status: int = 200, **context: Any) -> HttpResponse:  # noqa: ANN401 - a template's context
        """As above, with the home."""
        return super().page(template, status=status, access=self.access, **context)

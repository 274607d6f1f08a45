"""A resident says how it feels, and sees what the plant does about it."""

from __future__ import annotations

import hashlib

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Household
from comfort.models import Room
from comfort.operations import give_feedback
from comfort.queries.rooms import rooms_now
from config.page.panels.comfort import comfort_context
from config.page.panels.rooms import room_lines
from config.page.views.base import HomeView
from config.page.views.home import HouseholdPage


class VoteForm(forms.Form):
    """A vote as the page sends it; ``token`` is the page's own, so that a double tap stays one vote."""

    sensation = forms.IntegerField(min_value=-3, max_value=3)
    comment = forms.CharField(max_length=500, required=False)
    token = forms.CharField(max_length=24, required=False)

    def __init__(self, data: QueryDict, *, household: Household) -> None:
        """Offer the rooms of ``household``."""
        super().__init__(data)
        self.fields["room"] = forms.ModelChoiceField(Room.objects.filter(household=household), required=False)

    def key(self) -> str:
        """The same tap on the same page has the same key; another answer from that page has another."""
        said = "\n".join(str(self.cleaned_data[name]) for name in ("sensation", "room", "comment"))
        token = self.cleaned_data["token"]
        return f"page:{token}:{hashlib.sha256(said.encode()).hexdigest()[:16]}" if token else ""


class FeedbackPage(HouseholdPage):
    """Takes a vote; the answer is the page again, from which htmx takes the comfort panel."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Record the vote."""
        form = VoteForm(request.POST, household=self.access.household)
        if not form.is_valid():
            return self.show(status=422, fault=_("This vote could not be read. Please choose again."))
        vote = form.cleaned_data
        give_feedback(
            household=self.access.household,
            user=self.person,
            sensation=vote["sensation"],
            room=vote["room"],
            comment=vote["comment"],
            at=self.now,
            key=form.key(),
        )
        if request.headers.get("HX-Request"):
            return comfort_part(self)
        return redirect(reverse("page:household", args=[self.access.household.pk]) + "#comfort")


class ComfortPart(HomeView):
    """The comfort panel alone; asked for until the plant has answered."""

    may_be_looked_at = True

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        return comfort_part(self)


def comfort_part(view: HomeView) -> HttpResponse:
    """The comfort panel as it stands now."""
    rooms = room_lines(rooms_now(view.access.household.pk), at=view.now)
    context = comfort_context(view.access, at=view.now)
    return view.page("page/panels/comfort.html", rooms=rooms, **context)

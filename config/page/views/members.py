"""The people of a home: who is let in, invitations, moving out; and the other side, accepting one."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

import redis
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import INVITES, MembershipRole
from accounts.models import Invitation
from accounts.operations.invitations import (
    InvitationError,
    NewInvitation,
    TooManyTriesError,
    accept,
    invite,
    look_at,
    withdraw,
)
from accounts.operations.people import put_out
from accounts.queries.members import invitations_of, members_of
from config.page.views.base import HomeView, ResidentView
from metering.operations.moves import MoveError, move_out, stay
from metering.queries.handover import handover, move_out_of

DAY: Final = timedelta(days=1)
WH_A_KWH: Final = 1000


class DayInput(forms.DateInput):
    """The browser's own calendar; it wants its value as ISO 8601 in every language."""

    input_type = "date"

    def __init__(self) -> None:
        """Fix the format."""
        super().__init__(format="%Y-%m-%d")


class InviteForm(forms.Form):
    """Whom to let in."""

    name = forms.CharField(label=gettext_lazy("Who is it?"), max_length=60)
    role = forms.ChoiceField(label=gettext_lazy("As what?"))
    last_day = forms.DateField(
        label=gettext_lazy("Last day (empty: until you end it)"), required=False, widget=DayInput
    )

    def __init__(self, role: MembershipRole, data: Any = None) -> None:  # noqa: ANN401 - Django's own
        """Offer what ``role`` may give."""
        super().__init__(data, prefix="invite")
        choices = [(each.value, each.label) for each in INVITES.get(role, ())]
        self.fields["role"] = forms.ChoiceField(label=_("As what?"), choices=choices)


class MoveForm(forms.Form):
    """When somebody leaves."""

    last_day = forms.DateField(label=gettext_lazy("Your last day in this home"), widget=DayInput)
    said_kwh = forms.DecimalField(
        label=gettext_lazy("What the meter shows, kWh (if you can read it)"),
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=3,
    )

    def __init__(self, data: Any = None) -> None:  # noqa: ANN401 - as above
        """Tell its fields from the other form's."""
        super().__init__(data, prefix="move")


class MembersPage(HomeView):
    """Everybody in the home, with the forms for what the person may do about it."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.show()

    def post(self, request: HttpRequest) -> HttpResponse:
        """Invite; the code is in this answer and nowhere else."""
        form = InviteForm(self.access.role, request.POST)
        made = self._made(form) if form.is_valid() else None
        if made is None:
            return self.show(form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        invitation, code = made
        return self.show(
            invited=invitation, code=code, link=f"{settings.PUBLIC_URL}{reverse('page:join')}?code={code}"
        )

    def show(self, *, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:  # noqa: ANN401 - a template's context
        """The page, with what was just made or went wrong."""
        household, at = self.access.household, self.now
        since = self.access.since
        move = move_out_of(household.pk, self.person.pk)
        frame = {
            "members": members_of(self.access, self.person, at=at),
            "invitations": invitations_of(self.access, self.person, at=at),
            "form": InviteForm(self.access.role) if self.access.role in INVITES else None,
            "move": move,
            "move_form": MoveForm() if self.access.role in INVITES and move is None else None,
            "final": handover(household, day=move.moves_on) if move else [],
            "opening": handover(household, day=since) if self.access.sees_money else [],
            "last_day": move.moves_on - DAY if move else None,
        }
        return self.page("page/members.html", status=status, **{**frame, **context})

    def _made(self, form: InviteForm) -> tuple[Invitation, str] | None:
        said = form.cleaned_data
        new = NewInvitation(
            role=MembershipRole(said["role"]),
            name=said["name"],
            ends_on=said["last_day"] + DAY if said["last_day"] else None,
        )
        try:
            return invite(access=self.access, by=self.person, asked=new, at=self.now)
        except InvitationError as error:
            form.add_error(None, str(error))
        return None


class MemberEnd(MembersPage):
    """Ends one membership."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, membership_id: int) -> HttpResponse:  # type: ignore[override] # its own address
        """From now on it opens nothing.

        Raises:
            Http404: nobody of that name is in the home.
            PermissionDenied: it is not the person's to end.
        """
        members = members_of(self.access, self.person, at=self.now)
        member = next((one for one in members if one.membership.pk == membership_id), None)
        if member is None:
            raise Http404(_("Nobody of that name is in this home."))
        if not member.may_end:
            raise PermissionDenied(_("This membership is not yours to end."))
        put_out(membership=member.membership, today=self.access.utility.local_date(self.now))
        if member.is_me:
            messages.success(request, _("You have left %(home)s.") % {"home": self.access.household})
            return redirect("page:home")
        messages.success(request, _("%(name)s is out.") % {"name": member.membership.user})
        return redirect("page:members", self.access.household.pk)


class InvitationEnd(MembersPage):
    """Withdraws one invitation."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, invitation_id: int) -> HttpResponse:  # type: ignore[override] # as above
        """Its code opens nothing any more.

        Raises:
            Http404: there is no such open invitation.
        """
        mine = invitations_of(self.access, self.person, at=self.now)
        invitation = mine.filter(pk=invitation_id).first()
        if invitation is None:
            raise Http404(_("There is no such invitation."))
        withdraw(invitation=invitation, at=self.now)
        messages.success(request, _("The invitation is withdrawn."))
        return redirect("page:members", self.access.household.pk)


class MovePage(MembersPage):
    """Tells when somebody leaves, or takes it back."""

    http_method_names = ["post", "options"]
    needs_money = True

    def post(self, request: HttpRequest) -> HttpResponse:
        """Move, or stay."""
        if "stay" in request.POST:
            return self._stay(request)
        form = MoveForm(request.POST)
        if form.is_valid() and self._told(form):
            messages.success(request, _("We know when you move. You can take it back until then."))
            return redirect("page:members", self.access.household.pk)
        return self.show(move_form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _told(self, form: MoveForm) -> bool:
        said = form.cleaned_data
        try:
            move_out(
                access=self.access,
                user=self.person,
                moves_on=said["last_day"] + DAY,
                said_wh=None if said["said_kwh"] is None else int(said["said_kwh"] * WH_A_KWH),
                at=self.now,
            )
        except MoveError as error:
            form.add_error(None, str(error))
            return False
        return True

    def _stay(self, request: HttpRequest) -> HttpResponse:
        move = move_out_of(self.access.household.pk, self.person.pk)
        try:
            if move is not None:
                stay(move=move, at=self.now)
                messages.success(request, _("Good: you stay. Nothing has ended."))
        except MoveError as error:
            messages.warning(request, str(error))
        return redirect("page:members", self.access.household.pk)


class JoinForm(forms.Form):
    """The code of an invitation."""

    code = forms.CharField(
        label=gettext_lazy("Code of the invitation"),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )


class JoinPage(ResidentView):
    """An invitation is looked at, then accepted."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The form, or what the code in the address opens."""
        if "code" not in request.GET:
            return self.page("page/join.html", form=JoinForm())
        form = JoinForm(request.GET)
        if form.is_valid():
            code = form.cleaned_data["code"]
            if invitation := self._try(form, lambda: look_at(code, user=self.person, at=self.now)):
                last_day = invitation.ends_on - DAY if invitation.ends_on else None
                return self.page(
                    "page/join.html", form=form, invitation=invitation, last_day=last_day, code=code
                )
        return self.page("page/join.html", form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def post(self, request: HttpRequest) -> HttpResponse:
        """Enter; the home is the answer."""
        form = JoinForm(request.POST)
        if form.is_valid():
            code = form.cleaned_data["code"]
            if membership := self._try(form, lambda: accept(code=code, user=self.person, at=self.now)):
                messages.success(request, _("This home is now yours to see."))
                return redirect("page:household", membership.household_id)
        return self.page("page/join.html", form=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    @staticmethod
    def _try(form: JoinForm, what: Any) -> Any:  # noqa: ANN401 - an invitation or a membership
        try:
            return what()
        except InvitationError as error:
            form.add_error(None, str(error))
        except TooManyTriesError:
            form.add_error(None, _("That was too often. Please try again in an hour."))
        except redis.RedisError:
            form.add_error(None, _("Invitations cannot be accepted just now. Please try again in a minute."))
        return None

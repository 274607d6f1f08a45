"""`customers/<id>/`: all that is known of one home, and what a clerk may do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from accounts.admin.rights import person
from accounts.enums import MembershipRole
from accounts.models import Household, User
from accounts.operations.contacts import EmptyNoteError, note_contact
from accounts.operations.looks import LookRefusedError, begin_look
from accounts.operations.people import AlreadyEndedError, admit_member, end_membership
from accounts.queries.looks import PERMISSION as MAY_LOOK
from accounts.queries.looks import SESSION_KEY
from config.desk.customers import facts
from config.desk.customers.forms import AdmitForm, EndForm, LookForm, NoteForm
from config.desk.pages.base import DeskPage

REFUSALS: Final = (EmptyNoteError, AlreadyEndedError, LookRefusedError)


class CustomerPage(DeskPage):
    """One home from every side; each button is one operation in the clerk's name."""

    may_see = "accounts.view_household"
    may_change = "accounts.view_household"
    household: Household

    def get(self, _request: HttpRequest, household_id: int) -> HttpResponse:
        """Show it."""
        self.household = self._home(household_id)
        return self._show()

    def post(self, request: HttpRequest, household_id: int) -> HttpResponse:
        """Do one thing.

        Raises:
            PermissionDenied: the clerk's duty does not reach that far, or there is no such thing to do.
        """
        self.household = self._home(household_id)
        do = request.POST.get("do", "")
        permission, step = self._steps().get(do, ("", None))
        if step is None or not request.user.has_perm(permission):
            raise PermissionDenied
        form = self._forms(request.POST, only=do)[do]
        if not form.is_valid():
            return self._show(forms={do: form}, status=422)
        try:
            return step(form.cleaned_data)
        except REFUSALS as error:
            form.add_error(None, str(error))
        except IntegrityError:
            form.add_error(None, _("This person is already let in during that time."))
        return self._show(forms={do: form}, status=422)

    def _home(self, household_id: int) -> Household:
        return get_object_or_404(Household.objects.select_related("building__substation"), pk=household_id)

    def _steps(self) -> dict[str, tuple[str, Callable[[dict[str, Any]], HttpResponse]]]:
        return {
            "note": ("accounts.add_contactnote", self._note),
            "admit": ("accounts.add_membership", self._admit),
            "end": ("accounts.change_membership", self._end),
            "look": (MAY_LOOK, self._look),
        }

    def _note(self, said: dict[str, Any]) -> HttpResponse:
        note_contact(household=self.household, by=person(self.request), text=said["text"], at=self.now)
        return self._done(_("It is written down."))

    def _admit(self, said: dict[str, Any]) -> HttpResponse:
        admit_member(
            household=self.household,
            user=User.objects.get(email=said["email"]),
            role=MembershipRole(said["role"]),
            starts_on=said["starts_on"],
            ends_on=said["ends_on"],
        )
        return self._done(_("%(person)s is let in.") % {"person": said["email"]})

    def _end(self, said: dict[str, Any]) -> HttpResponse:
        membership = said["membership"]
        if said["ends_on"] <= membership.starts_on:
            raise AlreadyEndedError(_("A period must end after it starts."))
        end_membership(membership=membership, ends_on=said["ends_on"])
        return self._done(_("The time of %(person)s here ends.") % {"person": membership.user})

    def _look(self, said: dict[str, Any]) -> HttpResponse:
        look = begin_look(
            clerk=person(self.request),
            resident=said["resident"],
            household=self.household,
            reason=said["reason"],
            at=self.now,
        )
        self.request.session[SESSION_KEY] = look.pk
        return redirect("page:household", self.household.pk)

    def _done(self, words: str) -> HttpResponse:
        messages.success(self.request, words)
        return redirect("desk-customer", self.household.pk)

    def _forms(self, data: Any = None, *, only: str = "") -> dict[str, forms.Form]:  # noqa: ANN401 - a form's data
        """The forms the clerk's duty allows; ``data`` goes to the one named ``only``."""
        today = self.utility.local_date(self.now)
        here = facts.people_of(self.household).members
        residents = [row.user for row in here if today in row.period]
        made: dict[str, Callable[[Any], forms.Form]] = {
            "note": NoteForm,
            "admit": lambda said: AdmitForm(said, initial={"starts_on": today}),
            "end": lambda said: EndForm(said, household=self.household, initial={"ends_on": today}),
            "look": lambda said: LookForm(said, residents=residents),
        }
        allowed = {
            name
            for name, (permission, _step) in self._steps().items()
            if self.request.user.has_perm(permission)
        }
        if not residents:
            allowed -= {"look"}
        return {
            name: make(data if name == only else None)
            for name, make in made.items()
            if name in allowed or name == only
        }

    def _show(self, *, forms: dict[str, forms.Form] | None = None, status: int = 200) -> HttpResponse:
        home, on = self.household, self.utility.local_date(self.now)
        user = self.request.user
        money = facts.money_of(home) if user.has_perm("billing.view_invoice") else None
        people = facts.people_of(home)
        return self.page(
            "desk/customer.html",
            title=str(home),
            status=status,
            home=home,
            today=on,
            currency=self.utility.currency,
            sentence=facts.sentence(people, money, on=on),
            people=people,
            heat=facts.heat_of(home, at=self.now) if user.has_perm("metering.view_reading") else None,
            money=money,
            comfort=facts.comfort_of(home, at=self.now) if user.has_perm("comfort.view_feedback") else None,
            notes=facts.notes_of(home),
            looks=facts.looks_of_home(home),
            forms={**self._forms(), **(forms or {})},
        )

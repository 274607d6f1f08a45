"""What a clerk says on a customer's page."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import MembershipRole
from accounts.models import Household, Membership, User


def _day(label: Any, *, required: bool = True) -> forms.DateField:  # noqa: ANN401 - a lazy text
    return forms.DateField(
        label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=required
    )


class NoteForm(forms.Form):
    """What was said."""

    text = forms.CharField(
        label=gettext_lazy("What was said"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )


class AdmitForm(forms.Form):
    """Who is let in, as what, from when to when."""

    email = forms.EmailField(label=gettext_lazy("E-mail of their account"))
    role = forms.ChoiceField(label=gettext_lazy("As what"), choices=MembershipRole.choices)
    starts_on = _day(gettext_lazy("From"))
    ends_on = _day(gettext_lazy("Until before"), required=False)

    def clean_email(self) -> str:
        """An account there is."""
        email = str(self.cleaned_data["email"]).lower()
        if not User.objects.filter(email=email, is_active=True).exists():
            raise forms.ValidationError(_("Nobody has an account with this address. They sign up first."))
        return email

    def clean(self) -> dict[str, Any]:
        """A period that is one."""
        said: dict[str, Any] = self.cleaned_data
        starts_on, ends_on = said.get("starts_on"), said.get("ends_on")
        if isinstance(starts_on, date) and isinstance(ends_on, date) and ends_on <= starts_on:
            raise forms.ValidationError(_("A period must end after it starts."))
        return said


class EndForm(forms.Form):
    """Whose time in the home ends, and when."""

    ends_on = _day(gettext_lazy("Ends before"))

    def __init__(self, *args: Any, household: Household, **kwargs: Any) -> None:  # noqa: ANN401 - Django's signature
        """Offer the memberships of ``household`` that have no end."""
        super().__init__(*args, **kwargs)
        rows = Membership.objects.filter(household=household, ends_on__isnull=True).select_related("user")
        self.fields["membership"] = forms.ModelChoiceField(rows, label=_("Who"))
        self.order_fields(["membership", "ends_on"])


class LookForm(forms.Form):
    """As whom, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Why (the resident reads it)"), max_length=240, widget=forms.TextInput()
    )

    def __init__(self, *args: Any, residents: list[User], **kwargs: Any) -> None:  # noqa: ANN401 - as above
        """Offer those who live there today."""
        super().__init__(*args, **kwargs)
        people = User.objects.filter(pk__in=[person.pk for person in residents])
        self.fields["resident"] = forms.ModelChoiceField(people, label=_("As"), empty_label=None)
        self.order_fields(["resident", "reason"])

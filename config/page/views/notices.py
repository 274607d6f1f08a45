"""The inbox, and how a person wants to be told."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.channels.push import can_push, public_key
from accounts.channels.sms import can_send_sms
from accounts.enums import ConsentPurpose, NoticeKind
from accounts.models import User
from accounts.operations.consents import consent_text
from accounts.operations.notice_wishes import Choice, Wishes, choose_notices
from accounts.operations.notices import mark_read
from accounts.queries.notices import Chosen, choices_of, in_words, inbox, settings_of
from accounts.queries.outages import outages_at
from accounts.scope import across_utilities
from config.page.views.base import HomeView, ResidentView

SHOWN: Final = 50
HOURS: Final = [(hour, f"{hour:02}:00") for hour in range(24)]
FIELDS: Final = ("language", "phone", "quiet_from_hour", "quiet_to_hour", "digest_hour")


class WishesForm(forms.Form):
    """Everything a person may choose about notices."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language of messages"),
        choices=[("", gettext_lazy("as my heat supplier writes")), *settings.LANGUAGES],
        required=False,
    )
    phone = forms.RegexField(
        r"^\+[1-9][0-9]{6,14}$",
        label=gettext_lazy("Mobile number for SMS, with + and country code"),
        required=False,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
        error_messages={"invalid": gettext_lazy("Write it like +8613800138000.")},
    )
    quiet_from_hour = forms.TypedChoiceField(label=gettext_lazy("Quiet from"), choices=HOURS, coerce=int)
    quiet_to_hour = forms.TypedChoiceField(label=gettext_lazy("Quiet until"), choices=HOURS, coerce=int)
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("E-mails"),
        choices=[("", gettext_lazy("at once")), *((hour, f"1 × {words}") for hour, words in HOURS)],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def __init__(self, user: User, data: Any = None) -> None:  # noqa: ANN401 - Django's own
        """Begin with what holds, and a row of fields for each kind."""
        row, self.chosen = settings_of(user), choices_of(user)
        initial = {name: getattr(row, name) for name in FIELDS}
        super().__init__(data, initial=initial)
        for choice in self.chosen:
            self._add(choice)

    def _add(self, choice: Chosen) -> None:
        ticks = {"email": choice.by_email, "push": choice.by_push, "sms": choice.by_sms}
        labels = {"email": _("E-mail"), "push": _("Push"), "sms": _("SMS")}
        for name, is_ticked in ticks.items():
            self.fields[f"{choice.kind}_{name}"] = forms.BooleanField(
                label=labels[name], initial=is_ticked, required=False
            )
        if choice.rule.limit is not None:
            self.fields[f"{choice.kind}_limit"] = forms.FloatField(
                label=_("From %(unit)s") % {"unit": choice.rule.unit},
                initial=choice.limit,
                min_value=choice.rule.least,
                max_value=choice.rule.most,
            )

    @property
    def kinds(self) -> list[tuple[Chosen, list[forms.BoundField], forms.BoundField | None]]:
        """Each kind with its ticks and its limit, for the template."""
        return [
            (
                choice,
                [self[f"{choice.kind}_{name}"] for name in ("email", "push", "sms")],
                self[f"{choice.kind}_limit"] if choice.rule.limit is not None else None,
            )
            for choice in self.chosen
        ]

    def wishes(self) -> Wishes:
        """What was asked for."""
        said = self.cleaned_data
        choices = {
            choice.kind: Choice(
                by_email=said[f"{choice.kind}_email"],
                by_push=said[f"{choice.kind}_push"],
                by_sms=said[f"{choice.kind}_sms"],
                limit=said.get(f"{choice.kind}_limit"),
            )
            for choice in self.chosen
        }
        return Wishes(**{name: said[name] for name in FIELDS}, choices=choices)


class NoticesPage(ResidentView):
    """What the person was told, newest first."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        with across_utilities("a person's own inbox"):
            rows = list(inbox(self.person, at=self.now).order_by("-pk")[:SHOWN])
        return self.page("page/notices.html", told=in_words(rows), newest=rows[0].pk if rows else 0)

    def post(self, request: HttpRequest) -> HttpResponse:
        """All that was shown is read."""
        newest = request.POST.get("up_to", "")
        if newest.isdecimal() and len(newest) < 19:  # noqa: PLR2004 - digits of a key
            with across_utilities("a person's own inbox"):
                mark_read(user=self.person, up_to=int(newest), at=self.now)
        return redirect("page:notices")


class NoticeSettingsPage(ResidentView):
    """How the person wants to be told."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self._show(WishesForm(self.person))

    def post(self, request: HttpRequest) -> HttpResponse:
        """Keep it."""
        form = WishesForm(self.person, request.POST)
        if form.is_valid() and self._kept(form):
            messages.success(request, _("Kept. It holds for notices to come."))
            return redirect("page:notice-settings")
        return self._show(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)

    def _kept(self, form: WishesForm) -> bool:
        try:
            choose_notices(user=self.person, wishes=form.wishes(), at=self.now)
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        return True

    def _show(self, form: WishesForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
        key = public_key() if can_push() else ""
        return self.page(
            "page/notice_settings.html",
            form=form,
            urgent={NoticeKind.LEAK, NoticeKind.FROST},
            push_key=key,
            has_sms=can_send_sms(),
            sms_consent=consent_text(ConsentPurpose.SMS),
            push_consent=consent_text(ConsentPurpose.PUSH),
            status=status,
        )


class OutagesPage(HomeView):
    """No heat at this address: now, planned, and what was."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        rows = list(outages_at(self.access.household, at=self.now))
        return self.page("page/outages.html", outages=rows)

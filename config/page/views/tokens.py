"""The keys a person gives to their own programs: made and shown once, listed, revoked."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.enums import TokenScope
from accounts.operations.tokens import TokenError, held_tokens, make_token, revoke_token
from config.page.views.base import ResidentView

LIFETIMES: Final = [
    (30, gettext_lazy("30 days")),
    (90, gettext_lazy("90 days")),
    (365, gettext_lazy("one year")),
]


class TokenForm(forms.Form):
    """A token to make."""

    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=60)
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What may it read?"),
        choices=TokenScope.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("How long?"), choices=LIFETIMES, coerce=int, initial=LIFETIMES[1][0]
    )


class TokensPage(ResidentView):
    """All tokens that hold, and the form for one more."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show them."""
        return self._show(TokenForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        """Make one; its secret is in this answer and nowhere else."""
        form = TokenForm(request.POST)
        secret = self._made(form) if form.is_valid() else ""
        if not secret:
            return self._show(form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._show(TokenForm(), secret=secret)

    def _made(self, form: TokenForm) -> str:
        said = form.cleaned_data
        try:
            _token, secret = make_token(
                user=self.person,
                name=said["name"],
                scopes=said["scopes"],
                lifetime=timedelta(days=said["days"]),
                at=self.now,
            )
        except TokenError as error:
            form.add_error(None, str(error))
            return ""
        return secret

    def _show(self, form: TokenForm, *, secret: str = "", status: int = 200) -> HttpResponse:
        scopes = dict(TokenScope.choices)
        tokens = [
            (token, [scopes[scope] for scope in token.scopes])
            for token in held_tokens(self.person, at=self.now)
        ]
        return self.page("page/tokens.html", form=form, tokens=tokens, secret=secret, status=status)


class TokenEnd(ResidentView):
    """Revokes one."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, token_id: int) -> HttpResponse:
        """From now on it opens nothing.

        Raises:
            Http404: it is not the person's own, or has ended.
        """
        token = held_tokens(self.person, at=self.now).filter(pk=token_id).first()
        if token is None:
            raise Http404(_("This token is not one of yours."))
        revoke_token(token=token, at=self.now)
        messages.success(request, _("%(name)s opens nothing any more.") % {"name": token.name})
        return redirect("page:tokens")

"""A person's own program signs in with a token, and reaches only as far as it was made to."""

from __future__ import annotations

from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts.models import AccessToken, User
from accounts.operations.tokens import token_used
from config.api.throttle import TOKEN

KEYWORD: Final = b"bearer"


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer hl_...`; an unknown, ended or revoked token is refused, not ignored."""

    rate = TOKEN

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """The token's owner and the token.

        Raises:
            AuthenticationFailed: the token opens nothing.
        """
        keyword, _space, secret = get_authorization_header(request).partition(b" ")
        if keyword.lower() != KEYWORD:
            return None
        token = token_used(secret.decode(errors="replace"), at=timezone.now())
        if token is None:
            raise exceptions.AuthenticationFailed(_("This token is unknown, has ended or was revoked."))
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """What a stranger is asked for."""
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    """How the OpenAPI document describes it."""

    target_class = TokenAuthentication
    name = "accessToken"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Reads its owner's own data, within its scopes.",
        }


class WithinScope(BasePermission):
    """A token reads, and only where a view names a scope that it has; people themselves pass."""

    message = gettext_lazy("This token does not reach that far.")

    def has_permission(self, request: Request, view: object) -> bool:
        """Whether it reaches that far."""
        if not isinstance(request.auth, AccessToken):
            return True
        return request.method in SAFE_METHODS and getattr(view, "token_scope", None) in request.auth.scopes

"""How a request says who asks: allauth's session token from an app, the session cookie from a browser."""

from typing import Final

from allauth.headless.contrib.rest_framework.authentication import XSessionTokenAuthentication
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.request import Request

HEADER: Final = "X-Session-Token"


class SessionToken(XSessionTokenAuthentication):  # type: ignore[misc] # the package ships no types
    """The app's opaque token; names itself, so that strangers get 401 and not 403."""

    def authenticate_header(self, _request: Request) -> str:
        """What a stranger is asked for."""
        return HEADER


class SessionTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # registers itself
    """How the OpenAPI document describes it."""

    target_class = SessionToken
    name = "sessionToken"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """An API key in a header."""
        return {"type": "apiKey", "in": "header", "name": HEADER}

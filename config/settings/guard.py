"""The start-up guard of production: every missing or unsafe value, named in one error."""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}
LEAST_SECRET_LENGTH: Final = 50


def _secret_key(value: str) -> str:
    if value.startswith(("local-only", "django-insecure")):
        return "is the published development key"
    return "" if len(value) >= LEAST_SECRET_LENGTH else f"is shorter than {LEAST_SECRET_LENGTH} characters"


def _hosts(value: str) -> str:
    return "must name the hosts; '*' lets any name in" if "*" in value.split(",") else ""


def _https(value: str) -> str:
    return "" if urlsplit(value).scheme == "https" else "must start with https://"


def _wss(value: str) -> str:
    return "" if urlsplit(value).scheme == "wss" else "must start with wss://"


def _stripe_key(value: str) -> str:
    return (
        "" if value.startswith(("sk_live_", "rk_live_")) else "is not a live key (sk_live_... or rk_live_...)"
    )


def _stripe_secrets(value: str) -> str:
    secrets = [secret.strip() for secret in value.split(",")]
    return "" if all(secret.startswith("whsec_") for secret in secrets) else "must be whsec_... secrets"


def _postgres(value: str) -> str:
    return "" if urlsplit(value).scheme in {"postgres", "postgresql"} else "must be a postgres:// address"


def _redis(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"redis", "rediss"}:
        return "must be a redis:// or rediss:// address (Celery knows no valkey://)"
    return "" if parts.password or parts.hostname in LOOPBACK else "crosses the network without a password"


def _mqtt(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme == "mqtts" or parts.hostname in LOOPBACK:
        return ""
    return "must be an mqtts:// address outside this machine"


def _any(_value: str) -> str:
    return ""


CHECKS: Final[dict[str, Callable[[str], str]]] = {
    "SECRET_KEY": _secret_key,
    "ALLOWED_HOSTS": _hosts,
    "DATABASE_URL": _postgres,
    "VALKEY_URL": _redis,
    "MQTT_URL": _mqtt,
    "PUBLIC_URL": _https,
    "LIVE_URL": _wss,
    "STRIPE_SECRET_KEY": _stripe_key,
    "STRIPE_WEBHOOK_SECRETS": _stripe_secrets,
    "EMAIL_URL": _any,
}


def refuse_unsafe(environment: Mapping[str, str]) -> None:
    """Stop the start where production could not be safe.

    Raises:
        ImproperlyConfigured: a line for every value that is missing or unsafe.
    """
    faults = [
        fault for name, check in CHECKS.items() if (fault := _fault(environment.get(name, ""), name, check))
    ]
    if environment.get("STRIPE_API_BASE"):
        faults.append("STRIPE_API_BASE must be empty: only tests and the demo speak to a fake Stripe")
    if faults:
        raise ImproperlyConfigured("Hearthline will not start:\n  " + "\n  ".join(faults))


def _fault(value: str, name: str, check: Callable[[str], str]) -> str:
    if not value:
        return f"{name} is missing"
    reason = check(value)
    return f"{name} {reason}" if reason else ""

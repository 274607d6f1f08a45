"""What allauth asks of us: where a person's phone number is kept, and how its codes are sent."""

from __future__ import annotations

import logging
from typing import Any, Final

import redis
from allauth.account.adapter import DefaultAccountAdapter
from django.forms import RegexField, TextInput
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.channels.message import AwayError, Message, RefusedError
from accounts.channels.sms import send_sms
from accounts.models import User
from accounts.operations.phones import keep_phone, prove_phone
from config.api.throttle import Rate, take

logger = logging.getLogger(__name__)

# Codes cost money, and some numbers pay those who make them ring.
OF_A_NUMBER: Final = Rate(name="sms-of-a-number", burst=5, window_s=3600)
OF_A_PREFIX: Final = Rate(name="sms-of-a-prefix", burst=600, window_s=3600)
PREFIX: Final = 4


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the package ships no types
    """Phone numbers beside e-mail addresses. Only a number that was proved finds its person."""

    def phone_form_field(self, **options: Any) -> RegexField:  # noqa: ANN401 - a field's options
        """How a number is written: with + and the country's code."""
        words = gettext_lazy("Mobile number, with + and country code")
        return RegexField(
            r"^\+[1-9][0-9]{6,14}$",
            widget=TextInput({"type": "tel", "autocomplete": "tel"}),
            error_messages={"invalid": gettext_lazy("Write it like +8613800138000.")},
            **{"label": words, **options},
        )

    def get_phone(self, user: User) -> tuple[str, bool] | None:
        """The number, and whether it was proved."""
        return (user.phone, user.phone_verified) if user.phone else None

    def set_phone(self, user: User, phone: str, verified: bool) -> None:  # noqa: FBT001 - allauth's signature
        """Keep a number; proved or not."""
        keep_phone(user=user, phone=phone)
        if verified:
            prove_phone(user=user, phone=phone)

    def set_phone_verified(self, user: User, phone: str) -> None:
        """Whoever typed the code has the phone."""
        prove_phone(user=user, phone=phone)

    def get_user_by_phone(self, phone: str) -> User | None:
        """Who proved that the number is theirs."""
        return User.objects.filter(phone=phone, phone_verified=True).first()

    def send_verification_code_sms(self, user: User, phone: str, code: str, **_signup: object) -> None:
        """Send a code; over the budget it is not sent, and nobody learns why."""
        del user  # the number is what counts: it may not be kept yet
        text = _("%(code)s is your code. We never ask you for it.") % {"code": code}
        try:
            budget = ((OF_A_NUMBER, phone), (OF_A_PREFIX, phone[:PREFIX]))
            if not all(take(rate=rate, bucket=bucket).allowed for rate, bucket in budget):
                logger.warning("a code for %s… was not sent: over the budget", phone[:PREFIX])
                return
            send_sms(phone, Message(name=f"code-{code}-{phone[1:]}", subject="Hearthline", body=text, url=""))
        except (AwayError, RefusedError, redis.RedisError) as error:
            logger.warning("a code for %s… was not sent: %s", phone[:PREFIX], error)

    def send_unknown_account_sms(self, phone: str, **_more: object) -> None:
        """Nothing: a stranger's number costs us no message."""
        del phone

    def send_account_already_exists_sms(self, phone: str) -> None:
        """As above."""
        del phone

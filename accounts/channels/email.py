"""By Django's configured mail server; locally that is a folder."""

from __future__ import annotations

from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.channels.message import AwayError, Message, RefusedError


def send_email(address: str, message: Message) -> None:
    """Send ``message`` to one address.

    Raises:
        RefusedError: the server refuses this address or text.
        AwayError: the server does not answer.
    """
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    # Should the answer be lost and the mail be sent again, mail programs show it once.
    headers = {"Message-ID": f"<{message.name}@{domain}>"}
    body = f"{message.body}\n\n{message.url}\n"
    try:
        EmailMessage(message.subject, body, to=[address], headers=headers).send()
    except (SMTPRecipientsRefused, SMTPDataError) as error:
        raise RefusedError(str(error)) from error
    except (SMTPException, OSError) as error:
        raise AwayError(str(error)) from error

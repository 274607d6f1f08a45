"""By what people sign in: a mobile number only where codes can be sent to one."""


def login_methods(sms_url: str) -> set[str]:
    """Allauth's `ACCOUNT_LOGIN_METHODS`."""
    return {"email", "phone"} if sms_url else {"email"}


def signup_fields(sms_url: str) -> list[str]:
    """Allauth's `ACCOUNT_SIGNUP_FIELDS`; a star is what must be given."""
    return ["email*", "phone", "password1*"] if sms_url else ["email*", "password1*"]

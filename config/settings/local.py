"""Settings for one machine: development, the demo, the tests. Secrets are made up and say so."""

from config.settings.base import *  # noqa: F403 - this is what a settings module is
from config.settings.people import login_methods, signup_fields

DEBUG = False
SECRET_KEY = "local-only-and-therefore-public"  # noqa: S105 - production refuses this value
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = []
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = STATE_DIR / "mail"  # noqa: F405 - from base
SMS_URL = env.str("SMS_URL", default=(STATE_DIR / "sms").absolute().as_uri())  # noqa: F405 - from base
ACCOUNT_LOGIN_METHODS = login_methods(SMS_URL)
ACCOUNT_SIGNUP_FIELDS = signup_fields(SMS_URL)
WEB_PUSH_KEY = env.str("WEB_PUSH_KEY", default="bG9jYWwtb25seS1hbmQtdGhlcmVmb3JlLXB1YmxpYyE")  # noqa: F405 - from base
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_ROOT = None  # nothing is collected here; the files are served from where they are written
WHITENOISE_USE_FINDERS = True
WEATHER_PROVIDER = env.str("WEATHER_PROVIDER", default="climate")  # noqa: F405 - from base

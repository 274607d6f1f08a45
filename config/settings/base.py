"""What every environment shares; nothing here may be unsafe, whatever the environment leaves out."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from celery.schedules import crontab
from django.utils.translation import gettext_lazy as _

from config.settings import engine
from config.settings.desk import UNFOLD as UNFOLD  # noqa: PLC0414 - a setting, so it is exported
from config.settings.people import login_methods, signup_fields

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parents[2]
# Everything a running stack writes: database files, logs, the addresses of the servers it started.
STATE_DIR = Path(env.str("HEARTHLINE_STATE", default=str(BASE_DIR / ".hearthline")))

INSTALLED_APPS = [
    "config.api",
    "config.stack",
    "config.page",
    "config.demo",
    "config.desk.apps.DeskConfig",
    "config.privacy",
    "unfold",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "allauth.usersessions",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "metering",
    "comfort",
    "billing",
    "control",
]

MIDDLEWARE = [
    "config.api.middleware.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.page.csp.ContentSecurityMiddleware",
    "config.desk.middleware.DeskScopeMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- data -----------------------------------------------------------------------------------------

DATABASE_URL = env.str("DATABASE_URL", default=engine.stack_address(STATE_DIR, "DATABASE_URL"))
DATABASES = {
    "default": {
        **(env.db_url_config(DATABASE_URL) if DATABASE_URL else {}),
        "ENGINE": engine.database_engine(DATABASE_URL, choice=env.str("DATABASE_ENGINE", default="ask")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Many rows go by COPY through a temporary table; not where the server cannot (PostgreSQL in WASM).
DATABASE_COPY = env.bool("DATABASE_COPY", default=True)

VALKEY_URL = env.str("VALKEY_URL", default=engine.stack_address(STATE_DIR, "VALKEY_URL"))
MQTT_URL = env.str("MQTT_URL", default=engine.stack_address(STATE_DIR, "MQTT_URL"))
# Mutual TLS towards the broker; empty: the machine's own authorities, and no certificate of ours.
MQTT_CA_FILE = env.str("MQTT_CA_FILE", default="")
MQTT_CERT_FILE = env.str("MQTT_CERT_FILE", default="")
MQTT_KEY_FILE = env.str("MQTT_KEY_FILE", default="")
# One process with a plain persistent subscription, or many that share one (not on the embedded broker).
MQTT_SHARED_SUBSCRIPTION = env.bool("MQTT_SHARED_SUBSCRIPTION", default=False)
# Where a process without a web server of its own shows its counters on loopback; 0 is nowhere.
METRICS_PORT = env.int("METRICS_PORT", default=0)

CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": VALKEY_URL}}

# Found by name, so that waking a worker loads Celery only where it is done.
TASK_APP = "config.celery.app"
CELERY_BROKER_URL = VALKEY_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_DEFAULT_QUEUE = "hearthline"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# What comes again so soon is not worth doing late: waiting, it would only pile up behind a long task.
CELERY_BEAT_SCHEDULE = {
    "readings to validate": {
        "task": "metering.validate_readings",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "payment events left behind": {
        "task": "billing.sweep_events",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "gaps in readings": {"task": "metering.mend_gaps", "schedule": 3600},
    "files of readings left behind": {
        "task": "metering.sweep_imports",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "consumption of what was stored": {
        "task": "metering.cut_consumption",
        "schedule": 20,
        "options": {"expires": 20},
    },
    "payments without news": {"task": "billing.reconcile_attempts", "schedule": 180},
    # In the small hours of UTC; it takes as long as there are bills, and disturbs nobody.
    "issued documents": {"task": "billing.check_documents", "schedule": crontab(hour=1, minute=30)},
    "stations whose day has come": {"task": "control.switch_due", "schedule": 3600},
    "alarms of the plant": {"task": "control.watch_plant", "schedule": 60, "options": {"expires": 60}},
    "alarms of the meters": {"task": "control.watch_meters", "schedule": 900},
    "ledger, provider, documents": {"task": "billing.check_money", "schedule": crontab(hour=3, minute=10)},
    # Every hour, so that a charge that nobody answered is asked for again while its key is kept.
    "saved cards": {"task": "billing.charge_due", "schedule": 3600},
    "reminders": {"task": "billing.remind", "schedule": crontab(hour=2, minute=20)},
    "homes alike": {"task": "billing.publish_similar_homes", "schedule": crontab(hour=2, minute=50)},
    "letters about money": {"task": "billing.send_letters", "schedule": 60, "options": {"expires": 60}},
    "refunds under way": {"task": "billing.reconcile_refunds", "schedule": 180},
    "payment events never sent": {"task": "billing.fill_gaps", "schedule": 600},
    "the provider's account": {"task": "billing.reconcile_account", "schedule": 600},
    "answers kept for a while": {"task": "api.forget_answers", "schedule": crontab(hour=0, minute=40)},
    "what need not be kept": {"task": "desk.prune_measurements", "schedule": crontab(hour=0, minute=40)},
    "notices that are due": {
        "task": "accounts.deliver_notices",
        "schedule": 20,
        "options": {"expires": 20},
    },
    "leaks and frost": {"task": "metering.tell_of_danger", "schedule": 600, "options": {"expires": 600}},
    "unusual use": {"task": "metering.tell_of_use", "schedule": 3600},
    "new bills": {"task": "billing.tell_of_bills", "schedule": 300, "options": {"expires": 300}},
    "answers to votes": {"task": "control.tell_of_answers", "schedule": 60, "options": {"expires": 60}},
    "archives asked for": {"task": "privacy.build_exports", "schedule": 60, "options": {"expires": 60}},
    "erasures and retention": {"task": "privacy.keep_promises", "schedule": crontab(hour=2, minute=50)},
    "homes under the minimum": {"task": "desk.watch_rooms", "schedule": 900},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")

# --- people ---------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "accounts.duties.DutyBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
# Digits only, so that a phone offers the code from the message by itself.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}
HEADLESS_CLIENTS = ("app", "browser")
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "page:home"
LOGOUT_REDIRECT_URL = "account_login"
# A mail server that answers nothing must not hold a worker, or a row it has locked, for ever.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Hearthline <no-reply@hearthline.invalid>")

# A gateway that takes JSON over HTTPS, or file:///folder; empty: nobody is offered SMS.
SMS_URL = env.str("SMS_URL", default="")
ACCOUNT_LOGIN_METHODS = login_methods(SMS_URL)
ACCOUNT_SIGNUP_FIELDS = signup_fields(SMS_URL)
SMS_TOKEN = env.str("SMS_TOKEN", default="")
SMS_SENDER = env.str("SMS_SENDER", default="Hearthline")
# 32 bytes in base64url, the private key of web push: another one ends all subscriptions. Empty: no web push.
WEB_PUSH_KEY = env.str("WEB_PUSH_KEY", default="")
# A browser names its push service itself; we call no other host, nor ours.
WEB_PUSH_HOSTS = ["fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"]

# --- words and time -------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "config" / "locale"]
FORMAT_MODULE_PATH = "config.locale"
USE_I18N = True
USE_TZ = True
# Instants are UTC everywhere; a utility's own calendar comes from Utility.time_zone.
TIME_ZONE = "UTC"

# --- the outside ----------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT: Path | None = BASE_DIR / "staticfiles"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "config.api.auth.SessionToken",
        "rest_framework.authentication.SessionAuthentication",
        "accounts.api.bearer.TokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.api.bearer.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.api.schema.ProblemAutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["config.api.throttle.VisibleThrottle"],
    "DEFAULT_PAGINATION_CLASS": None,
    "EXCEPTION_HANDLER": "config.api.problem.exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hearthline",
    "DESCRIPTION": "District heating for those who live with it: readings, rooms, bills, comfort.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    # Several lists of choices under one field name.
    "ENUM_NAME_OVERRIDES": {
        "NoticeKindEnum": "accounts.enums.NoticeKind",
        "RoleEnum": "accounts.enums.MembershipRole",
        "InvitedRoleEnum": "accounts.enums.INVITED",
        "InvoiceKindEnum": "billing.enums.InvoiceKind",
        "LineKindEnum": "billing.enums.COMPONENT_KINDS",
    },
}

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default=engine.stack_address(STATE_DIR, "STRIPE_SECRET_KEY"))
STRIPE_WEBHOOK_SECRETS = env.list(
    "STRIPE_WEBHOOK_SECRETS",
    default=[engine.stack_address(STATE_DIR, "STRIPE_WEBHOOK_SECRETS")],
)
# How many times as wide as built in the limits of the API are; those on claims and invitations never are.
RATE_LIMIT_FACTOR = env.int("RATE_LIMIT_FACTOR", default=1)

# Empty: Stripe itself. The demo and the tests point it at the fake on loopback.
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default=engine.stack_address(STATE_DIR, "STRIPE_API_BASE"))

# Where people and Stripe reach us; absolute links are made from it.
PUBLIC_URL = env.str("PUBLIC_URL", default="") or (
    engine.stack_address(STATE_DIR, "PUBLIC_URL") or "http://127.0.0.1:8000"
)
# The websocket's address as a browser sees it; the live process is its own server.
LIVE_URL = env.str("LIVE_URL", default="") or (
    engine.stack_address(STATE_DIR, "LIVE_URL") or "ws://127.0.0.1:8001/ws/v1/live"
)
# Whose pages may open a websocket with the visitor's session cookie; apps bring a ticket instead.
LIVE_ORIGINS = env.list("LIVE_ORIGINS", default=["{0.scheme}://{0.netloc}".format(urlsplit(PUBLIC_URL))])
# How soon after its end an access closes the sockets that used it.
LIVE_ACCESS_CHECK_SECONDS = env.float("LIVE_ACCESS_CHECK_SECONDS", default=30.0)

# "open-meteo" asks the public service; "climate" is the offline climate model.
WEATHER_PROVIDER = env.str("WEATHER_PROVIDER", default="open-meteo")
OPEN_METEO_URL = env.str("OPEN_METEO_URL", default="https://api.open-meteo.com/v1/forecast")
# Every station is decided afresh this often, and at once when a resident votes.
CONTROL_TICK_SECONDS = env.float("CONTROL_TICK_SECONDS", default=900.0)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

"""Settings, all from the environment; docs/operations.md lists every variable. Unset, they suit a laptop."""

from pathlib import Path

import environ

from common import embedded_pg, logs, mail_providers
from nps_project.look import UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- identity and safety -------------------------------------------------------------------------------------------
DEBUG = env.bool("SHOPKEEPER_DEBUG", default=False)
SECRET_KEY = env.str("SHOPKEEPER_SECRET_KEY", default="") or embedded_pg.local_secret(BASE_DIR / "var")
SECRET_KEY_FALLBACKS = env.list("SHOPKEEPER_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("SHOPKEEPER_HOSTS", default=["127.0.0.1", "localhost"])
PUBLIC_URL = env.str("SHOPKEEPER_PUBLIC_URL", default="http://127.0.0.1:8000")  # in links that we send
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SILENCED_SYSTEM_CHECKS = [
    "security.W021"
]  # the browsers' preload list binds a whole domain for years: its owner's step
SECURE_SSL_REDIRECT = SECURE and env.bool("SHOPKEEPER_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("SHOPKEEPER_BEHIND_PROXY", default=False) else None
)
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^metrics$"]  # asked from inside, past the proxy
SECURE_REFERRER_POLICY = (
    "same-origin"  # no-referrer makes Chromium send "Origin: null" on form posts, and Django refuse
)
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True

# --- the company that runs it --------------------------------------------------------------------------------------
COMPANY = env.str("SHOPKEEPER_COMPANY", default="Your company")
COMPANY_ADDRESS = env.str("SHOPKEEPER_COMPANY_ADDRESS", default="")
PRIVACY_URL = env.str("SHOPKEEPER_PRIVACY_URL", default="")
CONTACT_HOURS = env.str("SHOPKEEPER_CONTACT_HOURS", default="08:00-21:00")  # on the customer's clock; 47 CFR 64.1200
CURRENCY = env.str("SHOPKEEPER_CURRENCY", default="EUR")
MAIL_DETAILS = env.bool("SHOPKEEPER_MAIL_DETAILS", default=False)  # full names in mails to staff, not first names only
DIGEST_LINKS = env.bool("SHOPKEEPER_DIGEST_LINKS", default=True)  # a digest's mail opens it for a day, to read
DEMO = env.bool("SHOPKEEPER_DEMO", default=False)  # the landing page shows DEMO_LOGINS
DEMO_LOGINS = env.json("SHOPKEEPER_DEMO_LOGINS", default={})  # {"about", "mailbox_address", "console": {...}, ...}

ENVIRONMENT = env.str("SHOPKEEPER_ENVIRONMENT", default="")  # a label in the console: "Demo", "Staging"

# --- apps ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "nps_project.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_q",
    "pgtrigger",
    "pghistory",
    "django_prometheus",
    "common",
    "crm",
    "surveys",
    "closedloop",
    "analytics",
    "distribution",
]
MIDDLEWARE = [
    "common.middleware.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "common.middleware.RefuseUnreadable",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",  # reads the length of the body as a number
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.KeepNothing",
    "nps_project.csp.PolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.History",
    "common.middleware.DatabaseAway",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "nps_project.urls"
WSGI_APPLICATION = "nps_project.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- people --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "common.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "crm.backends.RoleBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/digest/"
LOGOUT_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "distribution.views.errors.form_expired"

# --- closed loop -----------------------------------------------------------------------------------------------------
# a program that has its answers in a unit leaves the customers to those that lack theirs; else the first one asks
ALLOCATE_CONTACTS = env.bool("SHOPKEEPER_ALLOCATE_CONTACTS", default=True)
SIGNAL_LOADED_DAYS = env.int("SHOPKEEPER_SIGNAL_LOADED_DAYS", default=7)  # loaded answers older than this alert nobody

# --- what front-line people see (docs/distribution.md) ---------------------------------------------------------------
# answers from which one's own score, or that of one's colleagues, is shown: never under the ten of any score
STREAM_ANSWERS = max(10, env.int("SHOPKEEPER_STREAM_ANSWERS", default=20))
STREAM_COLLEAGUES = max(2, env.int("SHOPKEEPER_STREAM_COLLEAGUES", default=3))  # in a week, else it is not shown

# --- what other systems are told (docs/webhooks.md) ------------------------------------------------------------------
WEBHOOK_NETWORKS = env.list("SHOPKEEPER_WEBHOOK_NETWORKS", default=[])  # of one's own: private addresses, plain http
WEBHOOK_PORTS = [int(port) for port in env.list("SHOPKEEPER_WEBHOOK_PORTS", default=["443"])]
WEBHOOK_KEPT_DAYS = env.int("SHOPKEEPER_WEBHOOK_KEPT_DAYS", default=30)  # what was told is forgotten then
_seal = env.str("SHOPKEEPER_SEAL_KEY", default="")  # empty: secrets are sealed with a key made from SECRET_KEY
SEAL_KEYS = [key for key in [_seal, *env.list("SHOPKEEPER_SEAL_KEY_FALLBACKS", default=[])] if key]
# --- customers -------------------------------------------------------------------------------------------------------
SOURCE_RANKS = env.list("SHOPKEEPER_SOURCE_RANKS", default=[])  # whose names count for a merged person, best first

# --- files that people take out of the console -----------------------------------------------------------------------
EXPORT_AT_ONCE = env.int("SHOPKEEPER_EXPORT_AT_ONCE", default=10_000)  # rows; more are made by a worker
EXPORT_MOST = env.int("SHOPKEEPER_EXPORT_MOST", default=250_000)  # rows; what is more is read from the bi schema

# --- database ------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=embedded_pg.url(BASE_DIR / "var" / "pg"))}
DATABASES["default"]["CONN_MAX_AGE"] = env.int(
    "SHOPKEEPER_CONN_MAX_AGE", default=600
)  # 0 costs two thirds of throughput
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# without it `common.prepared` could prepare nothing; Django's own cursors never do
DATABASES["default"].setdefault("OPTIONS", {})["prepare_threshold"] = 5
# a socket folder (postgresql://user@/name?host=/tmp/...) where `manage.py dbshell` looks for it
DATABASES["default"]["HOST"] = DATABASES["default"]["OPTIONS"].pop("host", DATABASES["default"].get("HOST", ""))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- background work (docs/operations.md says why these figures) ---------------------------------------------------
TIMETABLE = "nps_project.timetable.TIMETABLE"
Q_CLUSTER = {
    "name": "shopkeeper",
    "orm": "default",
    "workers": env.int("SHOPKEEPER_WORKERS", default=2),
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 120,
    "retry": 600,
    "max_attempts": 3,
    "ack_failures": False,
    "catch_up": False,
    "save_limit": 250,
    "poll": 0.3,  # a nudge arrives within a second
    "label": "Background work",
}

# --- what the operator sees ------------------------------------------------------------------------------------------
LOGGING = logs.configuration(level=env.str("SHOPKEEPER_LOG_LEVEL", default="INFO"))
METRICS_TOKEN = env.str("SHOPKEEPER_METRICS_TOKEN", default="")  # empty: /metrics answers on this machine only
MIN_FREE_MB = env.int("SHOPKEEPER_MIN_FREE_MB", default=500)  # less free disk is unwell

# --- language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français"), ("ar", "العربية")]
# languages customers write in (ISO 639-1): no other is ever read out of a comment; empty: any
SPOKEN = env.list("SHOPKEEPER_SPOKEN", default=[])
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = USE_TZ = True
FORMAT_MODULE_PATH = ["nps_project.formats"]
TIME_ZONE = "UTC"

# --- files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.path("SHOPKEEPER_STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))()
if not env.str("SHOPKEEPER_STATIC_ROOT", default=""):
    (BASE_DIR / "var" / "static").mkdir(parents=True, exist_ok=True)  # whitenoise warns where there is none
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True  # pages work before anybody ran collectstatic
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOADS = env.path("SHOPKEEPER_UPLOADS", default=str(BASE_DIR / "var" / "uploads"))()  # never below a web server's root
UPLOAD_MB = env.int("SHOPKEEPER_UPLOAD_MB", default=2_000)  # the largest file that the console takes
UPLOAD_DAYS = env.int("SHOPKEEPER_UPLOAD_DAYS", default=14)  # uploaded files are kept so long, for their rejected rows
LANDING_DAYS = env.int("SHOPKEEPER_LANDING_DAYS", default=30)  # landed rows that were taken are kept so long

# --- mail ----------------------------------------------------------------------------------------------------------
_mail = env.email_url("SHOPKEEPER_EMAIL_URL", default="smtp://127.0.0.1:4025")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"].replace(
    "django.core.mail.backends.smtp.EmailBackend", "common.smtp.WatchedBackend"
)
_anymail = env.json("SHOPKEEPER_ANYMAIL", default={})
if _provider := env.str("SHOPKEEPER_EMAIL_PROVIDER", default=""):  # mail leaves by the provider's API
    try:
        EMAIL_BACKEND = mail_providers.backend_of(_provider, _anymail)
    except ValueError as wrong:
        raise environ.ImproperlyConfigured(f"SHOPKEEPER_EMAIL_PROVIDER: {wrong}") from wrong
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 30
MAIL_DOMAIN = env.str("SHOPKEEPER_MAIL_DOMAIN", default="shopkeeper.localhost")
DEFAULT_FROM_EMAIL = env.str("SHOPKEEPER_FROM", default=f"feedback@{MAIL_DOMAIN}")
# most messages to customers a minute: "email=600", and to each receiving domain: "gmail.com=300;*=1000"
CHANNEL_RATES = env.parse_value(env.str("SHOPKEEPER_CHANNEL_RATES", default=""), {"value": float})
DOMAIN_RATES = env.parse_value(env.str("SHOPKEEPER_DOMAIN_RATES", default=""), {"value": float})

# for how long it is kept that a link of a mail was opened; of clicks on scores their number stays
VISITS_KEPT_DAYS = env.int("SHOPKEEPER_VISITS_KEPT_DAYS", default=90)

# --- mail that comes back (docs/inbound-mail.md) ----------------------------------------------------------------------
# the domain to which bounces and replies come; empty: no mail comes back, and replies go to DEFAULT_FROM_EMAIL
INBOUND_DOMAIN = env.str("SHOPKEEPER_INBOUND_DOMAIN", default="")
INBOUND_MAX_BYTES = env.int(
    "SHOPKEEPER_INBOUND_MAX_BYTES", default=262_144
)  # kept of one mail; the rest is passed over
INBOUND_KEPT_DAYS = env.int("SHOPKEEPER_INBOUND_KEPT_DAYS", default=30)  # then only what was judged and done is kept
INBOUND_IMAP = env.str("SHOPKEEPER_INBOUND_IMAP", default="")  # imaps://user:password@host:993/INBOX?move=Done
INBOUND_PROVIDERS = env.list("SHOPKEEPER_INBOUND_PROVIDERS", default=[])  # whose webhooks are taken: postmark,mailgun
ANYMAIL = {  # their secrets, by anymail's names; whom a provider refuses it tells by webhook
    "IGNORE_UNSUPPORTED_FEATURES": True,
    "IGNORE_RECIPIENT_STATUS": True,
    **_anymail,
}
SOFT_BOUNCES = env.int(
    "SHOPKEEPER_SOFT_BOUNCES", default=3
)  # so many for now, within 30 days, and the address is given up
# shares of the mail sent at which a program is warned of, and stopped (surveys/inbound/brakes.py)
BRAKE_BOUNCES = tuple(env.list("SHOPKEEPER_BRAKE_BOUNCES", cast=float, default=[0.02, 0.04]))
BRAKE_COMPLAINTS = tuple(env.list("SHOPKEEPER_BRAKE_COMPLAINTS", cast=float, default=[0.0005, 0.0008]))

# --- API -----------------------------------------------------------------------------------------------------------
API_RATE = env.int("SHOPKEEPER_API_RATE", default=3_000)  # units a minute for each caller (docs/api.md); 0: no limit
API_ADDRESS_RATE = env.int("SHOPKEEPER_API_ADDRESS_RATE", default=60)  # for an address that shows no valid key
IDEMPOTENCY_HOURS = env.int("SHOPKEEPER_IDEMPOTENCY_HOURS", default=48)  # how long a first answer is kept, at least 24
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "crm.api.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["crm.api.permissions.HasScope"],
    "DEFAULT_PARSER_CLASSES": ["common.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "common.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "common.api.schema.Described",
    "EXCEPTION_HANDLER": "common.api.errors.handle",
    "DEFAULT_VERSIONING_CLASS": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shopkeeper API",
    "DESCRIPTION": "Customers, what happened, what they said, what was done about it. Explained at /api/docs/.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_NAME_OVERRIDES": {
        "DriverOriginEnum": "analytics.api.drivers.ORIGINS",
        "AccountKindEnum": "crm.models.accounts.Account.Kind",
        "AccountRoleEnum": "crm.models.accounts.AccountMember.Role",
        "AddressedChannelEnum": "crm.shapes.ADDRESSED",
        "AttemptOutcomeEnum": "closedloop.models.ContactAttempt.Outcome",
        "CategoryEnum": "surveys.questionnaire.questions.CATEGORIES",
        "ChannelEnum": "crm.models.Channel",
        "ClosingEnum": "closedloop.models.tickets.CLOSINGS",
        "HoldKindEnum": "crm.models.Hold.Kind",
        "MergeSideEnum": "crm.api.merges.SIDES",
        "OwnHoldKindEnum": "crm.api.permits.OURS",
        "OriginEnum": "crm.models.consents.Origin",
        "PauseReasonEnum": "closedloop.models.tickets.pausing.Pause.Reason",
        "PermissionEnum": "surveys.shapes.PERMISSION_CHOICES",
        "PurposeEnum": "crm.models.Purpose",
        "RoleEnum": "crm.models.Role",
        "OfferOutcomeEnum": "crm.models.OfferOutcome.Outcome",
        "SuppressionReasonEnum": "crm.models.Suppression.Reason",
        "TicketOutcomeEnum": "closedloop.models.Ticket.Outcome",
        "UnitKindEnum": "crm.models.OrgUnit.Kind",
        "MessageStateEnum": "common.models.outgoing.State",
        "VersionStateEnum": "surveys.api.program_rows.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "common.api.schema.document_errors",
        "common.api.schema.document_idempotency",
        "common.api.example.document_examples",
    ],
    "ENFORCE_NON_BLANK_FIELDS": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
}

# --- what a browser may load: nothing from elsewhere ---------------------------------------------------------------
_EMPTY = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"  # Plotly adds an empty <style>
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", _EMPTY],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

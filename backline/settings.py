"""Every setting, from the environment; `.env.example` explains each variable."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from backline import environment as env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("BACKLINE_VAR", str(BASE_DIR / "var")))

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", debug=DEBUG)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8001").rstrip("/")
SECURE_SITE = PUBLIC_URL.startswith("https://")
# How many proxies of yours stand in front; their X-Forwarded headers are believed.
PROXY_COUNT = env.number("PROXY_COUNT", 0)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL, *env.words("CSRF_TRUSTED_ORIGINS")]
ALLOWED_ORIGINS = [PUBLIC_URL, *env.words("ALLOWED_ORIGINS")]

INSTALLED_APPS = [
    # Gives runserver its WebSockets; elsewhere it would only cost every process 25 MB.
    *(["daphne"] if "runserver" in sys.argv else []),
    "backline",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "clinic",
    "patients",
    "tasks",
    "agents",
    "documents",
    "appointments",
    "consents",
    "claims",
    "copilot",
    "voice",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "clinic.programs.ContentPolicy",
    "clinic.programs.Sessions",
    "django.middleware.common.CommonMiddleware",
    "clinic.programs.Forgery",
    "clinic.programs.SignedIn",
    "clinic.middleware.ClinicMiddleware",
    "clinic.programs.Messages",
    "axes.middleware.AxesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
# The check looks for Django's own name; clinic.programs.Forgery is that middleware.
SILENCED_SYSTEM_CHECKS = ["security.W003"]

ROOT_URLCONF = "backline.urls"
ASGI_APPLICATION = "backline.asgi.application"
WSGI_APPLICATION = "backline.wsgi.application"
APPEND_SLASH = False

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context_processors.portal",
                "copilot.context_processors.panel",
            ],
        },
    }
]

# The application's role owns nothing; the owner's role is used by prepare_database alone.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "clinic.postgresql",
        **env.database("DATABASE_URL", "postgresql://backline_app@localhost/backline"),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", "5")
DATABASE_OWNER_URL = env.text("DATABASE_OWNER_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
# Locks out by database rows: a broker that is down must not open the door.
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 2,
    "socket_timeout": 20,
    "health_check_interval": 10,
    "visibility_timeout": 600,
}
CELERY_REDIS_RETRY_ON_TIMEOUT = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_DEFAULT_QUEUE = "backline.quick"

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Shown under the sign-in form, for trying: e-mail address and password joined by a colon.
DEMO_LOGIN = tuple(env.text("DEMO_LOGIN").split(":", 1)) if env.text("DEMO_LOGIN") else ()
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
SESSION_COOKIE_AGE = env.number("SESSION_IDLE_SECONDS", 8 * 3600)
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SECURE_SITE
CSRF_COOKIE_SECURE = SECURE_SITE
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "clinic.views.errors.csrf_failure"

AXES_FAILURE_LIMIT = env.number("LOGIN_FAILURES", 8)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("LOGIN_COOLOFF_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "email"
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "clinic.middleware.client_ip"

OTP_TOTP_ISSUER = "Backline"
PASSWORD_RESET_TIMEOUT = env.number("PASSWORD_RESET_SECONDS", 3600)

JWT_TTL = timedelta(seconds=env.number("JWT_TTL", 7 * 24 * 3600))
JWT_REFRESH_TTL = timedelta(seconds=env.number("JWT_REFRESH_TTL", 30 * 24 * 3600))
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": env.secret("JWT_SECRET", debug=DEBUG) if env.text("JWT_SECRET") else SECRET_KEY,
    "ACCESS_TOKEN_LIFETIME": JWT_TTL,
    "REFRESH_TOKEN_LIFETIME": JWT_REFRESH_TTL,
    "USER_ID_CLAIM": "sub",
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "clinic.api.authentication.TokenAuthentication",
        "clinic.api.authentication.PortalSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["clinic.api.permissions.InClinic"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "clinic.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "COERCE_DECIMAL_TO_STRING": False,
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Backline",
    "DESCRIPTION": "The back office of a clinic: documents, facts, tasks, claims.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "SCHEMA_PATH_PREFIX_TRIM": False,
    "ENUM_NAME_OVERRIDES": {
        "PatientStatus": "patients.models.PatientStatus",
        "TaskState": "tasks.models.TaskState",
        "AppointmentStatus": "appointments.models.AppointmentStatus",
        "ClaimStatus": "claims.models.ClaimStatus",
        "DocumentStatus": "documents.models.DocumentStatus",
        "RunStatus": "agents.models.RunStatus",
        "ConsentStatus": "consents.models.ConsentStatus",
        "CallStatus": "voice.models.CallStatus",
        "CopilotStatus": "copilot.models.CopilotStatus",
    },
}
# The copilot's language model; without one it works by rules and nothing leaves the installation.
COPILOT_MODEL = env.text("COPILOT_MODEL")
COPILOT_API_KEY = env.text("COPILOT_API_KEY")
COPILOT_BASE_URL = env.text("COPILOT_BASE_URL")
COPILOT_LEASE_SECONDS = env.number("COPILOT_LEASE_SECONDS", 15)
# A language model that helps reviewers with what the reading was not sure of; each clinic opts in.
READER_MODEL = env.text("READER_MODEL")
READER_API_KEY = env.text("READER_API_KEY")
READER_BASE_URL = env.text("READER_BASE_URL")
READER_TIMEOUT_SECONDS = env.number("READER_TIMEOUT_SECONDS", 45)
AUDIT_LOOKS_ON_DISK = env.flag("AUDIT_LOOKS_ON_DISK", default=False)
# Of one person, and of one address; 0 is no limit. Shared: at all serving processes together.
LIMITS_SHARED = env.flag("LIMITS_SHARED", default=True)
API_REQUESTS_PER_MINUTE = env.number("API_REQUESTS_PER_MINUTE", 240_000)
LOGINS_PER_MINUTE = env.number("LOGINS_PER_MINUTE", 60)
REGISTRATIONS_PER_MINUTE = env.number("REGISTRATIONS_PER_MINUTE", 20)

SECURE_HSTS_SECONDS = 31_536_000 if SECURE_SITE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_SITE
SECURE_HSTS_PRELOAD = SECURE_SITE
SECURE_SSL_REDIRECT = SECURE_SITE
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    },
}

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR_DIR / "files")))
STORAGES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": MEDIA_ROOT, "file_permissions_mode": 0o600},
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
MAX_UPLOAD_BYTES = env.number("MAX_UPLOAD_MB", 50) * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a review has three for every value of a long report

INGEST_THRESHOLD = 0.9
RUN_LEASE_SECONDS = env.number("RUN_LEASE_SECONDS", 30)
AUDIT_PERCENT = env.number("AUDIT_PERCENT", 3)
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 2)
EVENT_POLL_SECONDS = 2.0

# Without a mail server letters are kept as files; a console's would put addresses into logs.
EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = VAR_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.number("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Backline <no-reply@localhost>")

CONSENT_LINK_DAYS = env.number("CONSENT_LINK_DAYS", 14)
# The key that seals signed forms, with its certificate; made at first use.
SEAL_KEY_FILE = Path(env.text("SEAL_KEY_FILE", str(VAR_DIR / "keys" / "seal.pem")))

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "backline.logs.PrivateFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
        "mcp": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}

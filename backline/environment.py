"""Reads settings from the environment, with errors that name the variable."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """The variable's text, or the default when unset."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """A yes or no.

    Raises:
        ImproperlyConfigured: when the text is neither.
    """
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.lower() in TRUE:
        return True
    if raw.lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, 0, true, false, yes, no, on, off.")


def number(name: str, default: int) -> int:
    """A whole number.

    Raises:
        ImproperlyConfigured: when the text is no whole number.
    """
    raw = os.environ.get(name)
    if raw is None or raw == "":
        return default
    try:
        return int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from error


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without empty entries."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def database(name: str, default: str = "") -> dict[str, Any]:
    """``postgresql://user:password@host:port/name?option=value`` as Django's settings.

    A host that starts with ``/`` in the query (``?host=/run/postgresql``) is a socket folder.

    Raises:
        ImproperlyConfigured: when unset, or not a postgresql URL.
    """
    url = text(name, default)
    if not url:
        raise ImproperlyConfigured(
            f"{name} is not set. bin/demo starts an embedded PostgreSQL and sets it for you."
        )
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def secret(name: str, *, debug: bool, least: int = 40) -> str:
    """A secret that is never guessable outside of DEBUG.

    Raises:
        ImproperlyConfigured: when missing, short, or of few different characters, and DEBUG is off.
    """
    value = text(name)
    if debug:
        return value or "only-for-debugging-" + name.lower() * 3
    if len(value) < least or len(set(value)) < 10 or "debugging" in value:
        raise ImproperlyConfigured(
            f"{name} must be at least {least} random characters when DEBUG is off."
        )
    return value

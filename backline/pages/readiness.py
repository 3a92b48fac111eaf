"""Whether this installation does its work, for whoever watches it."""

from __future__ import annotations

import logging
from datetime import timedelta

import redis
from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from agents.queries import due_runs
from clinic.views.health import database_answers

OLDEST_DUE = timedelta(minutes=10)
BROKER_SECONDS = 2.0

logger = logging.getLogger(__name__)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when database and broker answer and no run waits for too long, else 503; no detail."""
    del request
    reason = what_is_wrong()
    if reason:
        logger.warning("Not ready: %s", reason)
    text = "not ready\n" if reason else "ready\n"
    return HttpResponse(text, status=503 if reason else 200, content_type="text/plain")


def what_is_wrong() -> str:
    """The first thing that does not work, or nothing."""
    try:
        if not database_answers():
            return "database"
        oldest = due_runs(limit=1)
    except Error:
        return "database"
    if any(timezone.now() - run.due_since > OLDEST_DUE for run in oldest):
        return "runs wait for a worker"
    return "" if _broker_answers() else "broker"


def _broker_answers() -> bool:
    broker = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_connect_timeout=BROKER_SECONDS,
        socket_timeout=BROKER_SECONDS,
    )
    try:
        return bool(broker.ping())
    except redis.RedisError:
        return False
    finally:
        broker.close()

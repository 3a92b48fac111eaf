"""Letters to the people who work in clinics. They hold no patient data."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from smtplib import SMTPException
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send_letter(template: str, to: str, words: Mapping[str, Any], *, reply_to: str = "") -> bool:
    """Sends ``<template>_subject.txt`` and ``<template>.txt``; False when that was not possible.

    For use outside of any transaction. Addresses stay out of the log.
    """
    letter = EmailMessage(
        subject=" ".join(render_to_string(f"{template}_subject.txt", dict(words)).split()),
        body=render_to_string(f"{template}.txt", dict(words)),
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        letter.send()
    except (OSError, SMTPException) as error:
        logger.warning("A letter could not be sent: %s", type(error).__name__)
        return False
    return True

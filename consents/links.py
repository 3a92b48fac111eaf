"""The link in a patient's e-mail: its secret, and the door it opens.

The secret follows from the form's nonce and the installation's key, so a database that was read
by a stranger yields no link, and the letter can be written again after a crash.
"""

from __future__ import annotations

import base64
import hashlib
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.urls import reverse
from django.utils.crypto import salted_hmac

from consents.models import ConsentForm

SALT = "consents.links"


def renew(form: ConsentForm) -> None:
    """Gives the form a new link; the one before opens nothing any more. Not saved."""
    form.link_nonce = uuid4()
    form.link_digest = digest(secret_of(form))


def secret_of(form: ConsentForm) -> str:
    """The link's secret: 256 bits in base64url.

    Raises:
        ValueError: when the form has no link.
    """
    if form.link_nonce is None:
        raise ValueError("This form has no link.")
    keyed = salted_hmac(SALT, f"{form.pk}:{form.link_nonce}", algorithm="sha256")
    return base64.urlsafe_b64encode(keyed.digest()).rstrip(b"=").decode()


def address_of(form: ConsentForm) -> str:
    """Where the patient signs."""
    return settings.PUBLIC_URL + reverse("consent-sign", args=[secret_of(form)])


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def clinic_behind(secret: str) -> UUID | None:
    """The clinic whose form the secret opens, or opened; None for one that nobody was sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT consents_clinic_of(%s)", [digest(secret)])
        row = cursor.fetchone()
    return row[0] if row else None

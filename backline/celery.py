"""The Celery application: a doorbell for work whose queue of record is the database."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")

app = Celery("backline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")


@setup_logging.connect
def _keep_django_logging(**_: object) -> None:
    """Leave logging as settings.LOGGING made it: one format and no job arguments in the lines."""

"""Backline: the back office of a clinic."""

from backline.celery import app as celery_app

__all__ = ["celery_app"]

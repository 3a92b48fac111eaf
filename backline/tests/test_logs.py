"""What something that falls over leaves in the log."""

import logging
import sys

from django.conf import settings
from django.db import IntegrityError

from backline.logs import PrivateFormatter

INNER, OUTER = "Alex Rodriguez", "Key (mrn)=(100001) already exists."


def test_a_traceback_names_every_type_and_place_and_quotes_no_message():
    try:
        try:
            raise ValueError(INNER)
        except ValueError as inner:
            raise IntegrityError(OUTER) from inner
    except IntegrityError:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "", 0, "Internal Server Error", None, sys.exc_info()
        )
    said = PrivateFormatter().format(record)
    assert said.index("ValueError") < said.index("IntegrityError")
    assert said.count("test_logs.py") == 2
    assert INNER not in said
    assert OUTER not in said


def test_every_handler_writes_like_that():
    formatters = settings.LOGGING["formatters"]
    for handler in settings.LOGGING["handlers"].values():
        assert formatters[handler["formatter"]]["()"] == "backline.logs.PrivateFormatter"

"""Pages and REST as WSGI; `backline.asgi` serves the same application and the streams."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")

django_application = get_wsgi_application()

from backline.api_urls import api_patterns  # noqa: E402 - Django is set up from here on
from backline.programs_door import ProgramsDoor  # noqa: E402

application = ProgramsDoor(django_application, api_patterns)

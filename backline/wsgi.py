"""Pages and REST as WSGI; `backline.asgi` serves the same application and the streams."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")

application = get_wsgi_application()

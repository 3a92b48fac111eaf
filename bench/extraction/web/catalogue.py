"""Every browser layout there is."""

from __future__ import annotations

from bench.extraction.web import clinical, labs, office
from bench.extraction.web.page import WebLayout

WEB_LAYOUTS: tuple[WebLayout, ...] = (*labs.LAYOUTS, *clinical.LAYOUTS, *office.LAYOUTS)

"""Facts out of words with boxes: ``extract`` is the only door.

Pages become lines (lines.py); pages become documents (classify.py, segments.py); each document
yields candidates with evidence (identity.py, labs.py, sections.py and the readers of single
kinds); rivals are weighed (choose.py) and every field scored (confidence.py).
"""

from __future__ import annotations

from documents.pipeline.extraction.assemble import extract

__all__ = ["extract"]

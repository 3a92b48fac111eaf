"""Stored files that no document knows: what a process left that died in the middle of an upload."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from clinic.current import current_clinic_id, enter_clinic
from clinic.models import Clinic
from documents.models import Document

OLD_ENOUGH = timedelta(hours=1)
"""A file is as old as its last byte came in, its row as young as its commit: between them may lie
the rest of a slow request with many files, and a wait for a lock."""


def stored_names() -> list[str]:
    """Every stored file of the current clinic."""
    found, folders = [], [str(current_clinic_id())]
    while folders:
        folder = folders.pop()
        if not default_storage.exists(folder):
            continue
        inner, files = default_storage.listdir(folder)
        folders += [f"{folder}/{name}" for name in inner]
        found += [f"{folder}/{name}" for name in files]
    return found


def remove_lost_files() -> None:
    """Deletes every clinic's lost files."""
    for clinic_id in Clinic.objects.values_list("pk", flat=True):
        with enter_clinic(clinic_id):
            _remove_here()


def lost_names() -> list[str]:
    """The current clinic's files without a row that are too old to be on their way."""
    limit = timezone.now() - OLD_ENOUGH
    names = [n for n in stored_names() if default_storage.get_modified_time(n) < limit]
    known = set(Document.objects.values_list("storage_name", flat=True))
    return [name for name in names if name not in known]


def _remove_here() -> None:
    for name in lost_names():
        default_storage.delete(name)

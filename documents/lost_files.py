"""Stored files that no document knows: what a process left that died in the middle of an upload."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.storage import default_storage
from django.utils import timezone

from clinic.current import current_clinic_id, enter_clinic
from clinic.models import Clinic
from documents.models import Document

OLD_ENOUGH = timedelta(hours=1)


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
    """Deletes, in every clinic, files without a row that are too old to be on their way."""
    for clinic_id in Clinic.objects.values_list("pk", flat=True):
        with enter_clinic(clinic_id):
            _remove_here()


def _remove_here() -> None:
    known = set(Document.objects.values_list("storage_name", flat=True))
    limit = timezone.now() - OLD_ENOUGH
    for name in stored_names():
        if name not in known and default_storage.get_modified_time(name) < limit:
            default_storage.delete(name)

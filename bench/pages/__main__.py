"""``python -m bench.pages [--patients N] [--var FOLDER]``: every page of the portal, in figures.

Makes a clinic of N patients, adds DOUBTFUL papers that wait with their tasks and one chart of
PAPERS papers, then asks for every page of the portal as a signed-in admin. Prints the server's
time (p50 and p95, in this process: middleware, view, template and PostgreSQL, without the
network) and the number of statements of each page. The exit code is 1 when a page takes more than
MOST_QUERIES statements or MOST_MS at p95, or does not answer.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from backline.made_names import clinic_of_size
from bench.http.servers import manage, private_servers

PAPERS = 700
DOUBTFUL = 10_000
"""With their tasks 20,000 open items, beside the tasks that the clinic has anyway."""
TIMES = 20
MOST_QUERIES = 12
MOST_MS = 150.0
LISTS = (
    "/documents?status=not_ingested",
    "/documents?kind=lab",
    "/documents?q=letter-1",
    "/patients?q=jon+smyth",
    "/tasks?state=all",
    "/tasks?assignee=me",
    "/tasks?q=insurance",
    "/claims?view=changes",
    "/claims?view=all&q=Smith",
    "/appointments?view=week",
    "/audit?action=looks",
    "/audit?since=2026-01-01",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One page. ``status`` is its answer, times are milliseconds."""

    path: str
    status: int
    queries: int
    p50: float
    p95: float

    @property
    def kept(self) -> bool:
        """Whether it is within the limits."""
        return self.status == 200 and self.queries <= MOST_QUERIES and self.p95 <= MOST_MS


def addresses(patient_id: UUID, paper_id: UUID) -> Iterator[str]:
    """Every page without an id, lists with filters, and the pages of one thing each."""
    from django.urls import NoReverseMatch, reverse

    from agents.models import AgentRun
    from appointments.models import Appointment
    from backline.tests.shown_pages import PARTS, page_names
    from claims.models import Claim
    from documents.models import Document
    from tasks.models import Task

    for name in sorted(set(page_names()) - PARTS):
        try:
            yield reverse(name)
        except NoReverseMatch:
            continue
    yield from LISTS
    patient, paper = f"/patients/{patient_id}", f"/documents/{paper_id}"
    yield from (patient, f"{patient}?fragment=summary", f"{patient}?fragment=chart")
    yield from (f"{patient}/desk", f"{patient}/timeline", f"{patient}/print", f"{patient}/looks")
    yield from (f"/documents?patient={patient_id}", paper, f"{paper}/move")
    waiting = Document.objects.filter(status="not_ingested").order_by("created_at", "pk").first()
    assert waiting is not None
    yield f"/documents/{waiting.pk}"
    yield f"/agents/runs/{AgentRun.objects.get(document_id=waiting.pk).pk}"
    yield f"/tasks/{Task.objects.get(document_id=waiting.pk).pk}"
    for model, place in ((Claim, "claims"), (Appointment, "appointments")):
        yield f"/{place}/{model.objects.order_by('pk').first().pk}"


def statements(client: Any, path: str) -> tuple[int, int]:
    """(status, number of statements) of one page."""
    from django.db import connection

    asked: list[str] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        status = client.get(path).status_code
    return status, len(asked)


def measured(client: Any, path: str) -> Measured:
    """One page, after two looks that nobody counts."""
    client.get(path)
    status, queries = statements(client, path)
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        client.get(path)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return Measured(path, status, queries, taken[TIMES // 2], taken[int(TIMES * 0.95) - 1])


def filled(patients: int) -> tuple[Any, UUID, UUID]:
    """(an admin's browser, patient, paper) in a clinic that has been filled once."""
    from django.db import transaction
    from django.test import Client

    from bench.pages.filling import add_doubtful, give_papers
    from clinic.current import enter_clinic
    from clinic.models import User
    from documents.models import Document
    from patients.models import Patient

    clinic_id, email = clinic_of_size(patients)
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        User.objects.get(email=email), backend="django.contrib.auth.backends.ModelBackend"
    )
    with enter_clinic(clinic_id), transaction.atomic():
        patient = Patient.objects.order_by("created_at", "pk").first()
        assert patient is not None
        paper = Document.objects.filter(patient=patient, kind="lab").order_by("created_at").first()
        if paper is not None:
            return client, patient.pk, paper.pk
        add_doubtful(DOUBTFUL)
        return client, patient.pk, give_papers(patient, PAPERS)


def measure(patients: int) -> bool:
    """Prints the table; whether every page keeps within the limits."""
    import django

    django.setup()
    from backline.scaling import analyze
    from clinic.current import enter_clinic

    client, patient_id, paper_id = filled(patients)
    analyze()
    # As a serving process does once it has loaded everything.
    gc.collect()
    gc.freeze()
    with enter_clinic(clinic_of_size(patients)[0]):
        paths = list(addresses(patient_id, paper_id))
    found = [measured(client, path) for path in paths]
    print(f"{'page':<52} {'queries':>7} {'p50 ms':>8} {'p95 ms':>8}")
    for one in sorted(found, key=lambda one: -one.p95):
        name = one.path.replace(str(patient_id), "700-papers")[:52]
        over = "" if one.kept else f"  over ({one.status})"
        print(f"{name:<52} {one.queries:>7} {one.p50:>8.1f} {one.p95:>8.1f}{over}")
    return all(one.kept for one in found)


def main() -> int:
    """Makes the clinic, measures, and tells by the exit code whether the limits hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--var", type=Path, help="a folder to keep the clinic in")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, private_servers(given.var or Path(folder)) as env:
        manage(env, "prepare_database", "-v0")
        manage(env, "seed", "--scale", str(given.patients), "--allow-demo-password")
        os.environ.update(env)
        return 0 if measure(given.patients) else 1


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")
    sys.exit(main())

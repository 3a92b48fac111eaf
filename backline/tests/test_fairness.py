"""One clinic's back-scan beside another clinic's page, with live workers; judged by order."""

import io

import pikepdf
import pytest

from backline.tests.installation import SAMPLES, installed, until

PAGE = SAMPLES / "lab-smith-scan.pdf"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fair")
    folder.chmod(0o755)
    with installed(folder / "var", RUN_LEASE_SECONDS="30") as running:
        yield running


def of_pages(count: int) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(PAGE) as scan:
        for _ in range(count - 1):
            scan.pages.append(scan.pages[0])
        scan.save(out)
    return out.getvalue()


def test_a_page_passes_a_long_file_and_a_long_queue_of_another_clinic(installation):
    back_scan = installation.register("Ada Allen", "Back-scan Clinic")
    fax = installation.register("Ben Burke", "Fax Clinic")
    sent = back_scan.http.post("/documents/upload", files={"file": ("long.pdf", of_pages(6))})
    long = sent.json()["document_id"]
    queue = [back_scan.upload(PAGE.name, variation=number) for number in range(4)]
    until(lambda: back_scan.get(f"/documents/{long}")["status"] == "ingesting", seconds=60)
    page = fax.upload(PAGE.name, variation=99)
    fax.until_final([page], seconds=300)
    waiting = back_scan.statuses([long, *queue])
    assert set(waiting.values()) & {"uploaded", "ingesting"}, "the page came last"
    assert sum(status == "not_ingested" for status in waiting.values()) <= 2
    back_scan.until_final([long, *queue], seconds=600)
    assert back_scan.get(f"/documents/{long}")["pages"] == 6
    runs = back_scan.get("/agents/runs", document_id=long)
    assert [run["status"] for run in runs] == ["waiting_input"]
    checked = installation.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout

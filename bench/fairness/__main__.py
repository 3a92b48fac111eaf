"""A clinic's single page beside another clinic's back-scan.

``python -m bench.fairness [--pages N] [--times N] [--readers N]`` starts a private
installation. It times a scanned page of clinic B while nothing else is to do, has clinic A upload
N pages (half of them in one long file, the others one by one), and times B's page again while A's
are read. Prints both times and their ratio, which is to stay below 3.
"""

from __future__ import annotations

import argparse
import io
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pikepdf

from backline.tests.installation import SAMPLES, Client, Installation
from documents.samples import people

PAGE = SAMPLES / "lab-smith-scan.pdf"
WANTED = 3.0


def long_file(pages: int) -> bytes:
    """One scanned page as often as asked for."""
    out = io.BytesIO()
    with pikepdf.open(PAGE) as scan:
        page = scan.pages[0]
        while len(scan.pages) < pages:
            scan.pages.append(page)
        scan.save(out)
    return out.getvalue()


def send(client: Client, data: bytes) -> str:
    """Uploads a file; the document's id."""
    answer = client.http.post("/documents/upload", files={"file": ("scan.pdf", data)})
    answer.raise_for_status()
    return str(answer.json()["document_id"])


def seconds_to_final(client: Client, number: int) -> float:
    """From the upload of one page to its final state."""
    begun = time.monotonic()
    document = client.upload(PAGE.name, variation=number)
    client.until_final([document], seconds=600)
    return time.monotonic() - begun


def pages_read(client: Client, document: str) -> int:
    """How many of A's single pages are through."""
    rows = client.get("/documents", limit=200)
    return sum(row["status"] not in ("uploaded", "ingesting") for row in rows) + (
        client.get(f"/documents/{document}")["status"] not in ("uploaded", "ingesting")
    )


def main() -> None:
    """Prints the table; exit code 1 when B waited too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--readers", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        installation = Installation(Path(folder) / "var", READERS=str(options.readers))
        installation.start()
        try:
            ratio = measure(installation, options.pages, options.times, options.readers)
        finally:
            installation.stop()
    sys.exit(ratio >= WANTED)


def measure(installation: Installation, pages: int, times: int, readers: int) -> float:
    """Both clinics at work; B's time beside A's back-scan over its time alone."""
    back_scan = installation.register("Ada Allen", "Back-scan Clinic")
    fax = installation.register("Ben Burke", "Fax Clinic")
    for client in (back_scan, fax):
        client.add_patient(people.ALEX)
    warm = [fax.upload(PAGE.name, variation=1000 + n) for n in range(2 * readers)]
    fax.until_final(warm, seconds=600)
    alone = [seconds_to_final(fax, 2000 + n) for n in range(times)]
    print(f"alone         median {statistics.median(alone):6.1f} s   worst {max(alone):6.1f} s")
    long = min(pages // 2, 200)
    document = send(back_scan, long_file(long))
    for number in range(pages - long):
        back_scan.upload(PAGE.name, variation=number)
    before = pages_read(back_scan, document)
    beside = [seconds_to_final(fax, 3000 + n) for n in range(times)]
    after = pages_read(back_scan, document)
    print(f"beside {pages:4d}   median {statistics.median(beside):6.1f} s   ", end="")
    print(f"worst {max(beside):6.1f} s   ({after - before} of the others' papers read meanwhile)")
    ratio = statistics.median(beside) / statistics.median(alone)
    print(f"ratio {ratio:.2f} (worst {max(beside) / statistics.median(alone):.2f}), below {WANTED}")
    return ratio


main()

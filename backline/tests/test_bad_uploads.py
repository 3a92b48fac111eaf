"""The table of bad input, row by row, against a live worker that must live on."""

import contextlib
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from PIL import Image

from backline.tests.installation import SAMPLES, Client, installed
from documents.samples import people

PASSWORD = "Zq7-open-sesame-4411"
LAB = SAMPLES / "lab-rodriguez.pdf"


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bad")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


@pytest.fixture(scope="module")
def alice(installation) -> Client:
    client = installation.register()
    client.add_patient(people.ALEX)
    return client


def saved(document: pikepdf.Pdf, **options: object) -> bytes:
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def truncated() -> bytes:
    """A PDF of which only the beginning arrived: nothing of its pages."""
    return LAB.read_bytes()[:300]


def ten_thousand_pages() -> bytes:
    document = pikepdf.new()
    for _ in range(10_000):
        document.add_blank_page()
    return saved(document)


def enormous_picture() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    parts = (
        chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + parts


def decompression_bomb() -> bytes:
    packer = zlib.compressobj(9)
    block = b"0 0 m 1 1 l S\n" * 75_000
    bomb = b"".join(packer.compress(block) for _ in range(1500)) + packer.flush()
    document = pikepdf.new()
    document.add_blank_page()
    document.pages[0].Contents = document.make_stream(bomb, Filter=pikepdf.Name.FlateDecode)
    return saved(document, compress_streams=False, recompress_flate=False)


def endless_drawing() -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    form = {"Type": pikepdf.Name.XObject, "Subtype": pikepdf.Name.Form, "BBox": [0, 0, 612, 792]}
    inner = document.make_stream(b"0 0 m 100 100 l 50 20 l b " * 50, **form)
    for _ in range(9):
        resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
        inner = document.make_stream(b"/F Do " * 12, Resources=resources, **form)
    document.pages[0].Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=inner))
    document.pages[0].Contents = document.make_stream(b"/F Do")
    return saved(document)


def word_file(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


def zip_bomb() -> bytes:
    return word_file(word__document_xml=b"<w>x</w>", word__media=bytes(300_000_000))


def entity_attack() -> bytes:
    text = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><w>&a;</w>'
    return word_file(word__document_xml=text)


def owner_locked() -> bytes:
    with pikepdf.open(LAB) as document:
        return saved(document, encryption=pikepdf.Encryption(owner="owner", user=""))


def user_locked() -> bytes:
    with pikepdf.open(LAB) as document:
        return saved(document, encryption=pikepdf.Encryption(owner="owner", user=PASSWORD))


def with_script() -> bytes:
    with pikepdf.open(LAB) as document:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        document.Root.OpenAction = document.make_indirect(action)
        return saved(document)


def blank_page() -> bytes:
    out = io.BytesIO()
    Image.new("L", (1200, 1600), 255).save(out, "PNG")
    return out.getvalue()


REJECTED: list[tuple[str, Callable[[], bytes], str]] = [
    ("empty.pdf", lambda: b"", "empty_file"),
    ("garbage.pdf", lambda: b"%PDF-1.7\n" + b"\x00\xff" * 4000, "corrupt_file"),
    ("truncated.pdf", truncated, "corrupt_file"),
    ("cut.png", lambda: blank_page()[:60], "corrupt_file"),
    ("cut.docx", lambda: word_file(word__document_xml=b"<w>x</w>")[:80], "corrupt_file"),
    ("pages.pdf", ten_thousand_pages, "too_many_pages"),
    ("enormous.png", enormous_picture, "image_too_large"),
    ("bomb.pdf", decompression_bomb, "resource_limit"),
    ("endless.pdf", endless_drawing, "resource_limit"),
    ("bomb.docx", zip_bomb, "resource_limit"),
    ("entities.docx", entity_attack, "resource_limit"),
]


def send(alice: Client, name: str, data: bytes):
    return alice.http.post("/documents/upload", files={"file": (name, data)})


def settled(alice: Client, name: str, data: bytes) -> dict:
    answer = send(alice, name, data)
    assert answer.status_code == 201, answer.text
    document = answer.json()["document_id"]
    alice.until_final([document], seconds=120)
    return alice.get(f"/documents/{document}")


@pytest.mark.parametrize(("name", "make", "code"), REJECTED, ids=[row[0] for row in REJECTED])
def test_what_cannot_be_read_is_rejected_with_a_sentence(installation, alice, name, make, code):
    workers = [installation.pid(part) for part in ("worker", "reader")]
    document = settled(alice, name, make())
    assert (document["status"], document["rejection"]["code"]) == ("rejected", code)
    assert document["rejection"]["message"].rstrip().endswith(".")
    runs = alice.get("/agents/runs", document_id=document["document_id"])
    assert [run["status"] for run in runs] == ["completed"]
    tasks = [task.get("document_id") for task in alice.get("/tasks", limit=200)]
    assert document["document_id"] not in tasks
    assert [installation.pid(part) for part in ("worker", "reader")] == workers


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.pdf", b"<!doctype html><html><script>alert(1)</script></html>"),
        ("drawing.png", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("scan.pdf", b"MZ" + bytes(400)),
        ("scan.jpg", b"\x7fELF" + bytes(400)),
        ("archive.docx", b"PK\x03\x04" + bytes(400)),
    ],
)
def test_what_is_no_paper_is_refused_at_the_door(alice, name, data):
    before = alice.get("/documents", limit=200)
    answer = send(alice, name, data)
    assert answer.status_code == 415
    assert answer.json()["code"] == "unsupported_type"
    assert alice.get("/documents", limit=200) == before


def test_a_password_is_asked_for_once_used_once_and_kept_nowhere(installation, alice):
    document = settled(alice, "locked.pdf", user_locked())
    assert document["status"] == "not_ingested"
    tasks = alice.get("/tasks", kind="needs_password")
    assert [task["document_id"] for task in tasks] == [document["document_id"]]
    wrong = answer(alice, tasks[0], "not-" + PASSWORD)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    assert alice.get(f"/documents/{document['document_id']}")["status"] == "not_ingested"
    assert answer(alice, tasks[0], PASSWORD).status_code == 200
    alice.until_final([document["document_id"]], seconds=60)
    opened = alice.get(f"/documents/{document['document_id']}")
    assert opened["status"] == "ingested"
    assert opened["file"]["sha256"] != document["file"]["sha256"]
    assert alice.get("/tasks", kind="needs_password", state="open") == []
    assert answer(alice, tasks[0], PASSWORD).status_code == 409
    assert files_with(installation.var, PASSWORD.encode()) == []


def answer(alice: Client, task: dict, password: str):
    body = {"answer": {"password": password}}
    return alice.http.patch(f"/tasks/{task['task_id']}", json=body)


def files_with(folder: Path, secret: bytes) -> list[str]:
    """Files of the installation, its database's and broker's among them, that hold the bytes."""
    found = []
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            if path.is_file() and secret in path.read_bytes():
                found.append(path.name)
    return found


def test_protection_against_changes_only_is_no_obstacle(alice):
    document = settled(alice, "owner.pdf", owner_locked())
    assert document["status"] == "ingested"


def test_a_script_is_flagged_and_the_document_read(alice):
    document = settled(alice, "script.pdf", with_script())
    assert document["status"] == "ingested"
    assert document["extracted"]["document"]["flags"] == ["active_content"]
    file = alice.http.get(f"/documents/{document['document_id']}/file")
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in file.headers["content-security-policy"]
    page = alice.http.get(f"/documents/{document['document_id']}/pages/1.png")
    assert page.content.startswith(b"\x89PNG")
    assert b"app.alert" not in page.content


def test_the_content_decides_and_not_the_name(alice):
    document = settled(alice, "lab.jpg", LAB.read_bytes())
    assert document["file"]["mime"] == "application/pdf"
    assert document["status"] == "ingested"
    assert document["extracted"]["document"]["flags"] == ["misnamed"]


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("blank.png", blank_page),
        ("form.pdf", lambda: (SAMPLES / "consent-blank.pdf").read_bytes()),
    ],
)
def test_a_blank_page_or_form_has_no_values_and_goes_to_a_person(alice, name, make):
    document = settled(alice, name, make())
    assert document["status"] == "not_ingested"
    assert document["extracted"]["fields"] == []
    assert "blank" in document["extracted"]["reasons"]


def test_the_same_file_again_is_said_at_once(alice):
    first = settled(alice, "a.pdf", LAB.read_bytes() + b"% once\n")
    again = send(alice, "b.pdf", LAB.read_bytes() + b"% once\n")
    assert again.json()["duplicate_of"] == first["document_id"]
    assert "the same file" in again.json()["message"]
    alice.until_final([again.json()["document_id"]], seconds=60)
    kept = alice.get(f"/documents/{again.json()['document_id']}")
    twin = {"document_id": first["document_id"], "type": "exact", "score": 1.0}
    assert kept["duplicate_of"] == first["document_id"]
    assert twin in kept["extracted"]["duplicates"]
    assert "duplicate_of" not in send(alice, "c.pdf", LAB.read_bytes() + b"% other\n").json()


def test_another_language_is_detected_and_its_dates_read_as_it_writes_them(alice):
    sample = SAMPLES / "lab-muller-german.pdf"
    truth = json.loads(sample.with_suffix(".json").read_text())["fields"]
    document = settled(alice, "german.pdf", sample.read_bytes())
    assert document["extracted"]["document"]["language"] == "de"
    born = [f["value"] for f in truth if f["name"] == "patient.dob"]
    found = document["extracted"]["fields"]
    assert [f["value"] for f in found if f["name"] == "patient.dob"] == born


def test_a_hostile_name_is_only_ever_shown(alice):
    name = "../../<img src=x onerror=alert(1)>.pdf"
    document = settled(alice, name, LAB.read_bytes() + b"% named\n")
    assert document["file"]["name"] == "<img src=x onerror=alert(1)>.pdf"


def test_afterwards_everything_holds(installation, alice):
    checked = installation.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout
    logs = (installation.var / "log" / "worker.log").read_text()
    assert "Traceback" not in logs

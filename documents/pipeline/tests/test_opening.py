"""Bad input: every row of the table ends in its code, and the worker lives on."""

import json
import os
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pikepdf
import psutil
import pytest
from PIL import Image

from documents.pipeline.opening import open_file, page_images, render_page
from documents.pipeline.sniff import UnsupportedType
from documents.pipeline.starting import running
from documents.pipeline.types import Limits, NeedsPassword, OpenedFile, Rejected

from .opening_samples import docx, endless_pdf, paper, paragraph, pdf, scan_pdf

ROOT = Path(__file__).resolve().parents[3]


def opened(path: Path, **more: object) -> OpenedFile:
    return open_file(path, out_dir=path.parent / "out", **more)  # type: ignore[arg-type]


def refusal(path: Path, **more: object) -> Rejected:
    before = children()
    with pytest.raises(Rejected) as caught:
        opened(path, **more)
    assert caught.value.message.endswith(".")
    assert children() <= before  # none, not even a dead one, is left behind
    return caught.value


def children() -> set[int]:
    """All descendants but the starter, which stays for the next file."""
    starter = running()
    started = {starter.pid} if starter is not None else set()
    return {child.pid for child in psutil.Process().children(recursive=True)} - started


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_empty_file(tmp_path: Path) -> None:
    assert refusal(written(tmp_path / "a.pdf", b"")).code == "empty_file"


@pytest.mark.parametrize(
    "head", [b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\x00", b"PK\x03\x04"]
)
def test_garbage_with_a_good_beginning(tmp_path: Path, head: bytes) -> None:
    noise = bytes((i * 73 + 41) % 251 for i in range(4000))
    word = b"word/" if head.startswith(b"PK") else b""
    assert refusal(written(tmp_path / "a", head + word + noise)).code == "corrupt_file"


def test_unsupported_type(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedType):
        opened(written(tmp_path / "scan.pdf", b"<html></html>"))


def test_pdf_that_lost_its_end_is_repaired_once(tmp_path: Path) -> None:
    whole = pdf(tmp_path / "a.pdf").read_bytes()
    cut = written(tmp_path / "b.pdf", whole[: whole.rindex(b"xref\n") - 20])
    found = opened(cut)
    assert "repaired" in found.flags
    assert "laboratory" in [word.text for word in found.pages[0].words]


def test_pdf_without_any_page_left_is_refused(tmp_path: Path) -> None:
    whole = pdf(tmp_path / "a.pdf").read_bytes()
    assert refusal(written(tmp_path / "b.pdf", whole[:200])).code == "corrupt_file"


def test_truncated_picture_is_kept_when_most_of_it_is_there(tmp_path: Path) -> None:
    paper("RGB").save(tmp_path / "a.jpg", quality=90)
    data = (tmp_path / "a.jpg").read_bytes()
    assert opened(written(tmp_path / "b.jpg", data[: len(data) * 9 // 10])).flags == ("repaired",)
    assert refusal(written(tmp_path / "c.jpg", data[: len(data) // 10])).code == "corrupt_file"


def encrypted(path: Path, user: str, owner: str) -> Path:
    with pikepdf.open(pdf(path)) as document:
        document.save(path.with_suffix(".enc.pdf"), encryption=pikepdf.Encryption(owner, user))
    return path.with_suffix(".enc.pdf")


def test_password_missing_wrong_and_right(tmp_path: Path) -> None:
    path = encrypted(tmp_path / "a.pdf", "geheim-ä", "boss")
    with pytest.raises(NeedsPassword):
        opened(path)
    with pytest.raises(NeedsPassword):
        opened(path, password="wrong")
    found = opened(path, password="geheim-ä")
    assert "laboratory" in [word.text for word in found.pages[0].words]
    picture = render_page(path, 1, out=tmp_path / "p.png", password="geheim-ä")
    assert Image.open(picture).size == (935, 1210)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and b"geheim" in p.read_bytes()]
    assert left == []


def test_owner_only_encryption_is_processed(tmp_path: Path) -> None:
    found = opened(encrypted(tmp_path / "a.pdf", "", "boss"), password="not needed")
    assert found.pages[0].text_layer == "trusted"


def test_password_is_not_in_the_arguments_or_environment_of_the_child(tmp_path: Path) -> None:
    spy = tmp_path / "spy"
    spy.write_text('#!/bin/sh\n{ echo "$@"; env; } > "' + str(tmp_path / "seen") + '"\nexit 1\n')
    spy.chmod(0o755)
    code = (
        f"import sys; sys.executable={str(spy)!r}\n"
        "from pathlib import Path\n"
        "from documents.pipeline.opening import open_file\n"
        f"open_file(Path({str(pdf(tmp_path / 'a.pdf'))!r}), out_dir=Path({str(tmp_path)!r}), "
        "password='open-sesame')\n"
    )
    environment = os.environ | {"DATABASE_URL": "secret-of-ours"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True)
    seen = (tmp_path / "seen").read_text()
    assert "documents.pipeline.child" in seen
    assert "sesame" not in seen
    assert "secret-of-ours" not in seen


def test_too_many_pages(tmp_path: Path) -> None:
    document = pikepdf.new()
    for _ in range(10_000):
        document.add_blank_page()
    document.save(tmp_path / "a.pdf")
    caught = refusal(tmp_path / "a.pdf")
    assert caught.code == "too_many_pages"
    assert "10000 pages; at most 200" in caught.message


def test_too_many_frames(tmp_path: Path) -> None:
    frames = [Image.new("1", (8, 8)) for _ in range(5)]
    frames[0].save(tmp_path / "a.tif", save_all=True, append_images=frames[1:])
    assert refusal(tmp_path / "a.tif", limits=Limits(max_pages=4)).code == "too_many_pages"


def enormous_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_enormous_picture_is_refused_by_its_header(tmp_path: Path) -> None:
    path = written(tmp_path / "a.png", enormous_png(30_000))
    started = time.monotonic()
    assert refusal(path).code == "image_too_large"
    assert time.monotonic() - started < 5


def test_enormous_picture_inside_a_pdf(tmp_path: Path) -> None:
    document = pikepdf.new()
    document.add_blank_page(page_size=(612, 792))
    image = document.make_stream(
        zlib.compress(bytes(5000)),
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=30_000,
        Height=30_000,
        ColorSpace=pikepdf.Name.DeviceRGB,
        BitsPerComponent=8,
        Filter=pikepdf.Name.FlateDecode,
    )
    page = document.pages[0]
    page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(I=image))
    page.Contents = document.make_stream(b"q 612 0 0 792 0 0 cm /I Do Q")
    document.save(tmp_path / "a.pdf")
    assert refusal(tmp_path / "a.pdf").code == "image_too_large"


def test_decompression_bomb_ends_at_the_memory_limit(tmp_path: Path) -> None:
    packer = zlib.compressobj(9)
    block = b"0 0 m 1 1 l S\n" * 75_000
    bomb = b"".join(packer.compress(block) for _ in range(400)) + packer.flush()
    document = pikepdf.new()
    document.add_blank_page()
    document.pages[0].Contents = document.make_stream(bomb, Filter=pikepdf.Name.FlateDecode)
    document.save(tmp_path / "a.pdf", compress_streams=False, recompress_flate=False)
    assert (tmp_path / "a.pdf").stat().st_size < 2_000_000
    limits = Limits(memory_bytes=400_000_000, cpu_seconds=4, wall_seconds=10)
    assert refusal(tmp_path / "a.pdf", limits=limits).code == "resource_limit"


def test_endless_drawing_ends_at_the_cpu_limit(tmp_path: Path) -> None:
    endless_pdf(tmp_path / "a.pdf")
    limits = Limits(cpu_seconds=1, wall_seconds=20)
    started = time.monotonic()
    assert refusal(tmp_path / "a.pdf", limits=limits).code == "resource_limit"
    assert time.monotonic() - started < 15


def test_slow_child_is_killed_at_the_wall_clock(tmp_path: Path) -> None:
    caught = refusal(endless_pdf(tmp_path / "a.pdf"), limits=Limits(wall_seconds=0.5))
    assert caught.code == "resource_limit"


def test_zip_bomb_in_a_word_document(tmp_path: Path) -> None:
    path = docx(tmp_path / "a.docx", paragraph("hello"), media__a_png=bytes(250_000_000))
    assert path.stat().st_size < 500_000
    assert refusal(path).code == "resource_limit"


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>',
    ],
)
def test_entities_in_a_word_document(tmp_path: Path, declaration: str) -> None:
    import zipfile

    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f"{declaration}<w>&a;</w>")
    assert refusal(path).code == "resource_limit"


def test_long_scan_comes_in_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("documents.pipeline.opening._ROUND_SHARE", 0.0)
    one = scan_pdf(tmp_path / "one.pdf")
    with pikepdf.open(one) as document:
        for _ in range(2):
            document.pages.append(document.pages[0])
        document.save(tmp_path / "a.pdf")
    found = opened(tmp_path / "a.pdf")
    assert [page.number for page in found.pages] == [1, 2, 3]
    assert sorted(page_images(found)) == [1, 2, 3]
    assert all(path.exists() for path in page_images(found).values())


def test_scripts_and_attachments_are_flagged(tmp_path: Path) -> None:
    with pikepdf.open(pdf(tmp_path / "a.pdf")) as document:
        document.Root.OpenAction = pikepdf.Dictionary(
            S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)")
        )
        document.attachments["x.txt"] = b"hello"
        document.save(tmp_path / "b.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate)
    found = opened(tmp_path / "b.pdf")
    assert found.flags == ("active_content", "attachments")
    assert found.pages[0].text_layer == "trusted"
    assert opened(tmp_path / "a.pdf").flags == ()


def test_no_such_page(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    for number in (0, 2):
        with pytest.raises(IndexError):
            render_page(path, number, out=tmp_path / "p.png")
    assert not (tmp_path / "p.png").exists()


def test_limits_hold_inside_the_child() -> None:
    code = (
        "import json, os, resource as r, socket\n"
        "from documents.pipeline.child_limits import confine\n"
        "alone = confine(memory_bytes=500_000_000, cpu_seconds=7, parent_pid=os.getppid())\n"
        "def reach():\n"
        "    try:\n"
        "        socket.create_connection(('127.0.0.1', 9), 1)\n"
        "    except OSError as error:\n"
        "        return error.errno\n"
        "kinds = (r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_CORE, r.RLIMIT_NOFILE)\n"
        "print(json.dumps([alone, reach(), [r.getrlimit(k) for k in kinds]]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    alone, network_error, limits = json.loads(done.stdout)
    assert limits == [[500_000_000] * 2, [7, 9], [0, 0], [64, 64]]
    if alone:
        assert network_error in (99, 101)  # not even a loopback device to be refused by


def test_child_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import os, time\n"
        "from documents.pipeline.child_limits import confine\n"
        "confine(memory_bytes=500_000_000, cpu_seconds=30, parent_pid=os.getppid())\n"
        "print(os.getpid(), flush=True)\n"
        "time.sleep(30)\n"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}])",
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    for _ in range(100):
        state = Path(f"/proc/{child}/stat")
        if not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.02)
    pytest.fail("the child outlived its parent")

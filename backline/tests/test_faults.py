"""Any part may die at any time: nothing is lost, nothing happens twice."""

import os
import signal
import time

import httpx
import psutil
import pytest

from backline.tests.installation import Client, Installation, installed
from documents.samples import people

IN_FLIGHT = 20


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("installation")
    folder.chmod(0o755)
    with installed(folder / "var", WEB_PROCESSES="2") as running:
        yield running


@pytest.fixture
def alice(installation) -> Client:
    client = installation.register()
    client.add_patient(people.ALEX)
    return client


def send_in(alice: Client) -> list[str]:
    """Half are Alex's and may be filed at once; half are of somebody unknown and need a person."""
    return [
        alice.upload("lab-rodriguez.pdf" if n % 2 else "referral-smith.pdf", variation=n)
        for n in range(IN_FLIGHT)
    ]


def assert_nothing_lost_and_nothing_twice(
    installation: Installation, alice: Client, ids: list[str]
) -> None:
    alice.until_final(ids, seconds=120)
    runs = [r for r in alice.get("/agents/runs", limit=200) if r["document_id"] in ids]
    assert sorted(r["document_id"] for r in runs) == sorted(ids)
    tasks = [t["document_id"] for t in alice.get("/tasks", limit=200) if t["document_id"] in ids]
    assert len(tasks) == len(set(tasks))
    waiting = {i for i, s in alice.statuses(ids).items() if s == "not_ingested"}
    assert waiting and set(tasks) == waiting
    seqs = [event["seq"] for event in alice.all_events()]
    assert seqs == list(range(1, len(seqs) + 1))
    checked = installation.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_killing_the_worker(installation, alice):
    ids = send_in(alice)
    for _ in range(2):
        time.sleep(0.7)
        old = installation.send("worker")
        installation.until_restarted("worker", old)
    assert_nothing_lost_and_nothing_twice(installation, alice, ids)


def test_killing_the_broker_twice_in_a_row(installation, alice):
    ids = send_in(alice)
    for _ in range(2):
        time.sleep(0.5)
        old = installation.send("valkey")
        installation.until_restarted("valkey", old)
    assert_nothing_lost_and_nothing_twice(installation, alice, ids)


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGKILL])
def test_stopping_postgresql(installation, alice, number):
    """SIGQUIT is PostgreSQL's immediate shutdown."""
    ids = send_in(alice)
    time.sleep(0.7)
    old = installation.send("postgres", number)
    installation.until_restarted("postgres", old)
    assert_nothing_lost_and_nothing_twice(installation, alice, ids)


def test_a_frozen_worker_that_wakes_after_its_lease_was_taken(installation, alice):
    ids = send_in(alice)
    time.sleep(0.5)
    head = installation.pid("worker")
    family = [psutil.Process(head), *psutil.Process(head).children(recursive=True)]
    for process in family:
        process.send_signal(signal.SIGSTOP)
    time.sleep(8)
    for process in family:
        process.send_signal(signal.SIGCONT)
    assert_nothing_lost_and_nothing_twice(installation, alice, ids)


def test_a_web_process_of_two_dies_alone(installation, alice):
    head = psutil.Process(installation.pid("web"))
    died, other = head.children()[-2:]
    died.kill()
    answers = set()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        answers.add(httpx.get(f"{installation.url}/healthz", timeout=5).status_code)
    assert answers == {200}
    assert head.is_running() and other.is_running()
    assert len(head.children()) == len({died.pid, other.pid})


def test_killing_the_web_process(installation, alice):
    ids = send_in(alice)
    old = installation.send("web")
    installation.until_restarted("web", old)
    assert_nothing_lost_and_nothing_twice(installation, alice, ids)


def test_an_upload_while_the_broker_is_away_is_taken_and_read_later(installation, alice):
    frozen = installation.send("valkey", signal.SIGSTOP)
    try:
        begun = time.monotonic()
        document = alice.upload("lab-rodriguez.pdf", variation=100)
        assert time.monotonic() - begun < 15
        assert alice.get(f"/documents/{document}")["status"] == "uploaded"
    finally:
        os.kill(frozen, signal.SIGCONT)
    alice.until_final([document], seconds=60)


def test_a_client_that_disconnects_in_the_middle_leaves_nothing(installation, alice):
    before = len(alice.get("/documents", limit=200))

    def half():
        yield b"--x\r\nContent-Disposition: form-data; name=file; filename=a.pdf\r\n\r\n%PDF-1.7"
        raise ConnectionError

    with pytest.raises((ConnectionError, httpx.HTTPError)):
        alice.http.post(
            "/documents/upload",
            content=half(),
            headers={"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "999"},
        )
    assert len(alice.get("/documents", limit=200)) == before
    checked = installation.manage("check_invariants")
    assert checked.returncode == 0, checked.stdout

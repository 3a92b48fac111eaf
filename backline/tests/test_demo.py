"""What bin/demo decides before and around the parts it starts."""

from __future__ import annotations

import itertools
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backline import demo
from backline.supervisor import Supervisor

ROOT = Path(__file__).parents[2]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "DATABASE_URL",
        "DATABASE_OWNER_URL",
        "REDIS_URL",
        "SECRET_KEY",
        "DEBUG",
        "PUBLIC_URL",
    ):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, var: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "backline.demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "BACKLINE_VAR": str(var)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_taken_port_is_said_with_its_holder_and_exit_code_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        done = run("--port", str(port), var=tmp_path)
    assert done.returncode == 3
    assert done.stdout.splitlines()[0].startswith(f"Port {port} is taken by ")
    assert f"(process {os.getpid()})" in done.stdout
    assert not (tmp_path / "secrets.env").exists()


def test_a_second_demo_in_the_folder_ends_with_exit_code_4(tmp_path: Path) -> None:
    with Supervisor(tmp_path):
        done = run(var=tmp_path)
    assert done.returncode == 4
    assert f"already running in this folder (process {os.getpid()})" in done.stdout


def test_status_says_when_nothing_runs(tmp_path: Path) -> None:
    done = run("--status", var=tmp_path)
    assert (done.returncode, done.stdout) == (1, "Backline is not running in this folder.\n")


def test_status_lists_the_memory_of_what_runs(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.facts = {"address": "http://localhost:8001"}
        supervisor._write_state()
        done = run("--status", var=tmp_path)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert names == ["Backline", "part", "supervisor", "total"]


def test_private_servers_get_their_addresses_and_a_strong_key(tmp_path: Path, own: None) -> None:
    variables = demo.Demo(tmp_path, 8005).environment()
    assert variables["DATABASE_URL"].startswith("postgresql://backline_app:")
    assert variables["DATABASE_OWNER_URL"].startswith("postgresql://backline_owner:")
    assert variables["REDIS_URL"].startswith("redis://:")
    assert (variables["DEBUG"], variables["PUBLIC_URL"]) == ("0", "http://localhost:8005")
    assert len(variables["SECRET_KEY"]) == 64
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


def test_what_the_environment_names_wins(
    tmp_path: Path, own: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/backline")
    monkeypatch.setenv("REDIS_URL", "redis://broker")
    monkeypatch.setenv("DEBUG", "1")
    ours = demo.Demo(tmp_path, 8001)
    variables = ours.environment()
    assert (ours.own_database, ours.own_broker) == (False, False)
    assert variables["DATABASE_URL"] == "postgresql://app@db/backline"
    assert variables["REDIS_URL"] == "redis://broker"
    assert variables["DEBUG"] == "1"
    assert "DATABASE_OWNER_URL" not in variables


def test_fresh_removes_the_data_and_nothing_else(tmp_path: Path, own: None) -> None:
    first = demo.Demo(tmp_path, 8001).environment()
    for name in ("files", "log", "test", "mine"):
        (tmp_path / name).mkdir()
    (tmp_path / "run" / "lock").touch()
    demo.remove_data(tmp_path)
    kept = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert kept == {"test", "mine", "run", "run/lock"}
    assert demo.Demo(tmp_path, 8001).environment()["SECRET_KEY"] != first["SECRET_KEY"]


def test_the_fingerprint_follows_migrations_and_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("apps.py", "models.py", "migrations/0001_initial.py", "management/seed.py"):
        path = tmp_path / "clinic" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")
    monkeypatch.setattr(demo, "ROOT", tmp_path)
    seen = [demo._fingerprint()]
    for name in ("models.py", "migrations/0001_initial.py", "management/seed.py"):
        (tmp_path / "clinic" / name).write_text("two")
        seen.append(demo._fingerprint())
    assert [before == after for before, after in itertools.pairwise(seen)] == [True, False, False]

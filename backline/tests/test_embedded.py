"""The private servers, really started."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from backline.embedded import Servers, binaries, launching, port_is_free, postgres, start, stop
from backline.processes import is_alive

ROOT = Path(__file__).parents[2]


def open_folder() -> Path:
    """A folder that other users may enter; pytest's own is closed to PostgreSQL's user."""
    folder = Path(tempfile.mkdtemp(prefix="backline-test-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def base() -> Iterator[Path]:
    folder = open_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def one_pair() -> Iterator[Servers]:
    folder = open_folder()
    pair = Servers(folder)
    yield pair
    stop(pair)
    shutil.rmtree(folder)


@pytest.fixture
def servers(one_pair: Servers) -> Servers:
    """A running pair, shared because making a database takes a second."""
    start(one_pair)
    return one_pair


def ask(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(servers.postgres.url(postgres.OWNER), autocommit=True) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else []


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "nothing happened within 30 s"
        time.sleep(0.05)


def ask_when_back(servers: Servers, statement: str) -> list[tuple[object, ...]]:
    """PostgreSQL ends all sessions when one is killed, and is away until it has recovered."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return ask(servers, statement)
        except psycopg.OperationalError:
            assert time.monotonic() < deadline, "the database stayed away for 30 s"
            time.sleep(0.05)


def test_the_database_has_extensions_unicode_and_durability(servers: Servers) -> None:
    for name in ("pg_trgm", "btree_gist", "unaccent"):
        ask(servers, f"CREATE EXTENSION {name}")
    assert ask(servers, "SELECT lower('ÜMIT'), 'Ümit' ILIKE 'üMIT', unaccent('é')") == [
        ("ümit", True, "e")
    ]
    settings = ("fsync", "jit", "listen_addresses", "unix_socket_directories", "server_encoding")
    shown = [ask(servers, f"SHOW {name}")[0][0] for name in settings]
    assert shown == ["on", "off", "127.0.0.1", "", "UTF8"]


def test_a_wrong_password_is_refused_by_both_servers(servers: Servers) -> None:
    url = servers.postgres.url(postgres.OWNER).replace(servers.secrets["OWNER_PASSWORD"], "no")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=servers.valkey.port).ping()


def test_valkey_keeps_nothing_and_never_evicts(servers: Servers) -> None:
    client = redis.Redis.from_url(servers.valkey.url())
    names = ("save", "appendonly", "maxmemory-policy", "bind")
    assert [client.config_get(name)[name] for name in names] == [
        "",
        "no",
        "noeviction",
        "127.0.0.1",
    ]
    client.close()


def test_secrets_are_ours_alone_and_kept(servers: Servers) -> None:
    path = servers.base / "secrets.env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Servers(servers.base).environment() == servers.environment()
    assert min(len(value) for value in servers.secrets.values()) >= 64


@pytest.mark.parametrize("victim", ["postmaster", "postmaster and a frozen backend", "backend"])
def test_killed_postgres_starts_again_with_its_data(servers: Servers, victim: str) -> None:
    ask(servers, "DROP TABLE IF EXISTS kept")
    ask(servers, "CREATE TABLE kept AS SELECT 42 AS answer")
    address = servers.postgres.url(postgres.OWNER)
    pid = servers.postgres.pid()
    assert pid is not None
    with psycopg.connect(address) as connection:
        backend = connection.info.backend_pid
        if "frozen" in victim:
            os.kill(backend, signal.SIGSTOP)
        os.kill(backend if victim == "backend" else pid, signal.SIGKILL)
        if victim == "backend":
            until(lambda: not psutil.pid_exists(backend))
        else:
            until(lambda: not is_alive(pid))
            start(servers)
    assert ask_when_back(servers, "SELECT answer FROM kept") == [(42,)]
    assert servers.postgres.url(postgres.OWNER) == address


def test_killed_valkey_starts_again_at_the_same_address(servers: Servers) -> None:
    pid, port = servers.valkey.pid(), servers.valkey.port
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_alive(pid))
    start(servers)
    assert servers.valkey.is_ready()
    assert servers.valkey.port == port


def test_stopping_leaves_no_process_and_no_listener(base: Path) -> None:
    servers = Servers(base)
    start(servers)
    ports = (servers.postgres.port, servers.valkey.port)
    stop(servers)
    folders = {str(servers.postgres.data), str(servers.valkey.directory)}
    assert not [
        process
        for process in psutil.process_iter(["cwd", "status"])
        if process.info["cwd"] in folders and process.info["status"] != psutil.STATUS_ZOMBIE
    ]
    assert all(port_is_free(port) for port in ports)


def test_servers_of_run_end_with_whoever_opened_them(base: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "backline.embedded", "run", "--dir", base],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines = list(iter(process.stdout.readline, "\n"))
    assert [line.split("=")[0] for line in lines] == [
        "export DATABASE_URL",
        "export DATABASE_OWNER_URL",
        "export REDIS_URL",
        "export SECRET_KEY",
    ]
    servers = Servers(base)
    assert servers.valkey.is_ready()
    process.communicate()
    assert (servers.postgres.pid(), servers.valkey.pid()) == (None, None)


def test_an_interrupted_first_start_is_redone(base: Path) -> None:
    servers = Servers(base)
    servers.postgres.data.mkdir()
    (servers.postgres.data / "PG_VERSION").write_text("18")
    start(servers)
    assert ask(servers, "SELECT 1") == [(1,)]
    stop(servers)


def test_a_port_taken_since_is_replaced_before_the_first_start_only(base: Path) -> None:
    ports = launching.Ports(base / "ports.json")
    port = ports.of("postgres")
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        ports.replace_taken("postgres")
        fresh = ports.of("postgres")
        assert fresh != port
    with socket.socket() as other:
        other.bind(("127.0.0.1", fresh))
        other.listen()
        ports.replace_taken("postgres")
    assert ports.of("postgres") == fresh


def test_ports_lie_below_those_of_clients() -> None:
    assert all(15_000 <= launching.free_port() < 30_000 for _ in range(50))


def test_a_machine_without_servers_says_what_would_help(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(binaries, "_package_folder", lambda _name: None)
    monkeypatch.setattr(binaries.shutil, "which", lambda _name: None)
    monkeypatch.setattr(binaries, "_postgres_candidates", lambda: iter([tmp_path]))
    with pytest.raises(binaries.ServerUnavailable, match="DATABASE_URL"):
        binaries.find_postgres()
    with pytest.raises(binaries.ServerUnavailable, match="REDIS_URL"):
        binaries.find_valkey()


def test_data_of_another_version_is_not_opened() -> None:
    with pytest.raises(binaries.ServerUnavailable, match="version 99"):
        binaries.find_postgres(99)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_as_root_a_closed_folder_moves_the_data_aside(base: Path) -> None:
    base.chmod(0o700)
    servers = Servers(base)
    try:
        assert servers.postgres.home.parent == Path("/var/lib")
        start(servers)
        pid = servers.postgres.pid()
        assert psutil.Process(pid).uids().effective == servers.postgres.user.pw_uid
        assert servers.postgres.data.stat().st_uid == servers.postgres.user.pw_uid
    finally:
        stop(servers)
        servers.postgres.remove()
    assert not servers.postgres.home.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_binaries_the_server_user_may_not_reach_are_copied(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "reachable_by", lambda _path, _user: False)
    servers = Servers(base)
    try:
        start(servers)
        program = psutil.Process(servers.postgres.pid()).exe()
        assert program.startswith(f"{servers.postgres.home}/postgresql-")
        assert ask(servers, "CREATE EXTENSION pg_trgm") == []
    finally:
        stop(servers)
        servers.postgres.remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="this test becomes another user")
def test_as_an_ordinary_user_the_servers_run_as_that_user(base: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    python = Path(sys.executable)
    if not all(postgres.reachable_by(path, nobody) for path in (python.resolve(), python, ROOT)):
        pytest.skip("user nobody may not enter the folders of this Python or this project")
    os.chown(base, nobody.pw_uid, nobody.pw_gid)
    argv = [sys.executable, "-m", "backline.embedded", "start", "--dir", base]
    who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, **who)
    argv[3] = "stop"
    owners = {
        process.uids().effective
        for process in psutil.process_iter()
        if process.name() in ("postgres", "valkey-server") and process.cwd().startswith(str(base))
    }
    subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, **who)
    assert owners == {nobody.pw_uid}

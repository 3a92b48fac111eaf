"""The one process and its bridge, through a real server."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import io
import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from backline.bridge import build_environ
from clinic.realtime.tests.live import Live, running_server, wait_until

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    folder = tmp_path_factory.mktemp("asgi")
    with running_server(
        folder, DJANGO_SETTINGS_MODULE="backline.tests.asgi_views", WEB_THREADS="4"
    ) as live:
        yield live


def ask(
    server: Live, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, path, body, {k.replace("__", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def form(content: bytes) -> tuple[bytes, dict[str, str]]:
    head = (
        b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head + content + b"\r\n--edge--\r\n"
    return body, {"Content__Type": "multipart/form-data; boundary=edge"}


def worker(server: Live) -> psutil.Process:
    return psutil.Process(server.process.pid).children()[0]


def settled_memory(server: Live) -> int:
    """The worker's memory once it grows no more: what starts late is imported in the background."""
    known = worker(server).memory_info().rss
    for _ in range(30):
        time.sleep(1)
        now = worker(server).memory_info().rss
        if now - known < MEGABYTE:
            return now
        known = now
    raise AssertionError("The memory did not settle.")


def test_a_large_upload_goes_to_disk(server: Live) -> None:
    content = os.urandom(50 * MEGABYTE)
    body, headers = form(content)
    ask(server, "POST", "/echo", b"warm")
    before = settled_memory(server)
    status, _, answer = ask(server, "POST", "/upload", body, **headers)
    assert status == 200
    assert json.loads(answer) == {
        "size": 50 * MEGABYTE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "on_disk": True,
    }
    assert worker(server).memory_info().rss - before < 20 * MEGABYTE


def test_a_chunked_upload_is_whole_after_100_continue(server: Live) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
            b"Expect: 100-continue\r\nConnection: close\r\n\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 100 Continue")
        connection.sendall(b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n")
        answer = b""
        while part := connection.recv(4096):
            answer += part
        assert answer.endswith(b"\r\n\r\nhello world")


def test_slow_uploads_hold_no_thread(server: Live) -> None:
    slow = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", server.port), 10)
        connection.sendall(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc"
        )
        slow.append(connection)
    begun = time.monotonic()
    assert ask(server, "GET", "/meta")[0] == 200
    assert time.monotonic() - begun < 2
    for connection in slow:
        connection.close()


def test_slow_downloads_hold_no_thread_and_no_memory(server: Live, tmp_path: Path) -> None:
    file = tmp_path / "big.bin"
    file.write_bytes(os.urandom(50 * MEGABYTE))
    before = worker(server).memory_info().rss
    slow = []
    for _ in range(20):
        connection = socket.create_connection(("127.0.0.1", server.port), 10)
        request = f"GET /download?path={file} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(request.encode())
        connection.recv(100)
        slow.append(connection)
    begun = time.monotonic()
    assert ask(server, "GET", "/meta")[0] == 200
    assert time.monotonic() - begun < 2
    assert worker(server).memory_info().rss - before < 60 * MEGABYTE
    for connection in slow:
        connection.close()
    status, headers, body = ask(server, "GET", f"/download?path={file}")
    assert (status, headers["Content-Length"]) == (200, str(50 * MEGABYTE))
    assert body == file.read_bytes()


def test_a_truncated_upload_never_reaches_a_view(server: Live) -> None:
    body, _ = form(b"x" * MEGABYTE)
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
            b"Content-Type: multipart/form-data; boundary=edge\r\n\r\n" % len(body)
        )
        connection.sendall(body[: MEGABYTE // 2])
    time.sleep(0.3)
    assert ask(server, "GET", "/meta")[0] == 200
    assert "Traceback" not in server.log.read_text()


def test_a_body_beyond_the_limit_is_refused_at_its_first_header(server: Live) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(
            b"POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n"
        )
        answer = connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_head_has_the_headers_of_get_and_no_body(server: Live, tmp_path: Path) -> None:
    file = tmp_path / "small.bin"
    file.write_bytes(b"0123456789")
    for path in ("/meta", f"/download?path={file}"):
        status, headers, body = ask(server, "HEAD", path)
        assert (status, body) == (200, b"")
        assert int(headers["Content-Length"]) > 0


def test_a_stream_stops_when_its_reader_leaves(server: Live) -> None:
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        connection.recv(65536)
    wait_until(lambda: json.loads(ask(server, "GET", "/closed")[2])["closed"] == 1, 10)


def test_an_error_is_a_500_and_half_an_answer_is_cut_off(server: Live) -> None:
    assert ask(server, "GET", "/error")[0] == 500
    with pytest.raises(http.client.IncompleteRead):
        ask(server, "GET", "/half")
    assert ask(server, "GET", "/meta")[0] == 200


def test_nothing_is_left_behind_for_the_next_request(server: Live) -> None:
    answers = [json.loads(ask(server, "GET", "/left")[2]) for _ in range(12)]
    assert {answer["clinic"] for answer in answers} == {"None"}


def test_database_connections_are_kept_and_bounded(server: Live) -> None:
    def pid(_: int) -> int:
        return json.loads(ask(server, "GET", "/database")[2])["pid"]

    with ThreadPoolExecutor(16) as clients:
        pids = list(clients.map(pid, range(120)))
    assert len(set(pids)) <= 4


def test_the_request_arrives_as_it_was_sent(server: Live) -> None:
    status, _, body = ask(
        server, "GET", "/meta/Zo%C3%AB?q=%C3%A9&x=1", X__One="1", X_Forwarded_For="6.6.6.6"
    )
    found = json.loads(body)
    assert status == 200
    assert (found["rest"], found["QUERY_STRING"]) == ("Zoë", "q=%C3%A9&x=1")
    assert (found["REMOTE_ADDR"], found["HTTP_X_ONE"]) == ("127.0.0.1", "1")
    assert "HTTP_X_FORWARDED_FOR" not in found


def test_repeated_headers_are_joined_and_cookies_by_semicolon() -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/é",
        "query_string": b"",
        "http_version": "2",
        "scheme": "https",
        "server": ("localhost", 8001),
        "client": ("10.0.0.1", 4000),
        "headers": [
            (b"cookie", b"a=1"),
            (b"cookie", b"b=2"),
            (b"accept", b"text/html"),
            (b"accept", b"*/*"),
            (b"content-type", b"text/plain"),
            (b"content-length", b"999"),
        ],
    }
    environ = build_environ(scope, io.BytesIO(b"abc"), 3)
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_ACCEPT"] == "text/html,*/*"
    assert (environ["CONTENT_TYPE"], environ["CONTENT_LENGTH"]) == ("text/plain", "3")
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/é"
    assert (environ["wsgi.url_scheme"], environ["REMOTE_ADDR"]) == ("https", "10.0.0.1")


def test_sockets_do_not_use_up_the_room_for_requests(transactional_db: None, server: Live) -> None:
    """Granian counts open connections: with its default bound the 1025th would wait for ever."""
    idle = [socket.create_connection(("127.0.0.1", server.port), 10) for _ in range(1100)]
    try:
        assert ask(server, "GET", "/meta")[0] == 200
    finally:
        for connection in idle:
            connection.close()


def test_it_stops_at_once_with_screens_open(transactional_db: None, alice, tmp_path: Path) -> None:
    with running_server(tmp_path) as live, contextlib.ExitStack() as stack:
        for _ in range(3):
            screen = stack.enter_context(live.socket(alice.clinic.pk, alice.token))
            screen.recv(timeout=5)
        begun = time.monotonic()
        live.process.terminate()
        live.process.wait(20)
        assert time.monotonic() - begun < 5

"""Settings and views for a server that the tests of the bridge talk to."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from backline.settings import *  # noqa: F403
from clinic import current

ROOT_URLCONF = "backline.tests.asgi_views"
DEBUG = False

closed: list[int] = []


@csrf_exempt
def upload(request: HttpRequest) -> JsonResponse:
    file = request.FILES["file"]
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    on_disk = hasattr(file, "temporary_file_path")
    return JsonResponse({"size": file.size, "sha256": digest.hexdigest(), "on_disk": on_disk})


@csrf_exempt
def echo(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.body, content_type="application/octet-stream")


def meta(request: HttpRequest, rest: str = "") -> JsonResponse:
    names = ("PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "CONTENT_LENGTH")
    found = {k: v for k, v in request.META.items() if k.startswith("HTTP_") or k in names}
    return JsonResponse({**found, "rest": rest})


def left_behind(request: HttpRequest) -> JsonResponse:
    """What an earlier request entered and forgot to leave."""
    before = str(current.entered_clinic())
    current._current.set("left behind")  # type: ignore[arg-type]
    return JsonResponse({"clinic": before, "thread": threading.current_thread().name})


def database(request: HttpRequest) -> JsonResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    time.sleep(0.02)
    return JsonResponse({"pid": pid})


def download(request: HttpRequest) -> FileResponse:
    return FileResponse(Path(request.GET["path"]).open("rb"), as_attachment=True)


def endless(request: HttpRequest) -> StreamingHttpResponse:
    def blocks() -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
        finally:
            closed.append(1)

    return StreamingHttpResponse(blocks())


def closed_count(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"closed": len(closed)})


def error(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("on purpose")


def half(request: HttpRequest) -> StreamingHttpResponse:
    def blocks() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("on purpose")

    return StreamingHttpResponse(blocks())


urlpatterns = [
    path("upload", upload),
    path("echo", echo),
    path("meta", meta),
    path("meta/<path:rest>", meta),
    path("left", left_behind),
    path("database", database),
    path("download", download),
    path("endless", endless),
    path("closed", closed_count),
    path("error", error),
    path("half", half),
]

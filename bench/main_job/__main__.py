"""Speed and size of the main job: start, upload to final state, write to screen, memory.

``python -m bench.main_job [--documents N] [--photos N]`` starts a private installation twice
(cold data, then warm), uploads one document at a time while idle, and prints one table.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.sync.client import connect

from backline.demo import ROOT
from backline.tests.installation import FINAL, Client, Installation
from documents.samples import people


def quantiles(seconds: list[float]) -> str:
    """p50 and p95 in milliseconds."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"p50 {statistics.median(ordered) * 1000:7.0f} ms   p95 {p95 * 1000:7.0f} ms"


def started(installation: Installation) -> float:
    """Seconds until the login page answers."""
    begun = time.monotonic()
    installation.start()
    return time.monotonic() - begun


def upload_to_final(client: Client, name: str, times: int) -> list[float]:
    """Seconds from the upload's first byte to a final state, told by the socket."""
    address = client.http.base_url.copy_with(scheme="ws", path=f"/ws/tenant/{client.tenant_id}")
    protocols = ["backline.v1", f"bearer.{client.token}"]
    taken = []
    with connect(str(address), subprotocols=protocols) as socket:
        socket.send(json.dumps({"action": "subscribe", "after": None}))
        for number in range(times):
            begun = time.monotonic()
            document = client.upload(name, variation=number if name.endswith(".pdf") else None)
            while True:
                frame = json.loads(socket.recv(timeout=120))
                doc = frame.get("doc", {})
                if doc.get("document_id") == document and doc.get("status") in FINAL:
                    break
            taken.append(time.monotonic() - begun)
            time.sleep(0.3)
    return taken


def write_to_screen(client: Client, times: int) -> list[float]:
    """Seconds from sending a write to its frame on another socket."""
    address = client.http.base_url.copy_with(scheme="ws", path=f"/ws/tenant/{client.tenant_id}")
    protocols = ["backline.v1", f"bearer.{client.token}"]
    taken = []
    with connect(str(address), subprotocols=protocols) as socket:
        socket.send(json.dumps({"action": "subscribe", "after": None}))
        time.sleep(0.5)
        for number in range(times):
            title = f"Call back {number}"
            begun = time.monotonic()
            client.http.post("/tasks", json={"title": title}).raise_for_status()
            while json.loads(socket.recv(timeout=20)).get("doc", {}).get("title") != title:
                pass
            taken.append(time.monotonic() - begun)
    return taken


def memory(installation: Installation) -> str:
    """The memory table of ``bin/demo --status``."""
    told = subprocess.run(
        [sys.executable, "-m", "backline.demo", "--status"],
        cwd=ROOT,
        env={**installation.environment()},
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--photos", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        installation = Installation(Path(folder) / "var")
        print(f"start, empty folder            {started(installation):7.1f} s")
        try:
            alice = installation.register()
            for person in (people.ALEX, people.MARIA):
                alice.add_patient(person)
            print(memory(installation))
            text = upload_to_final(alice, "lab-rodriguez.pdf", options.documents)
            print(f"text PDF, upload to final      {quantiles(text)}")
            print(f"write to another screen        {quantiles(write_to_screen(alice, 50))}")
            photo = upload_to_final(alice, "lab-garcia-photo.jpg", options.photos)
            print(f"photographed page to final     {quantiles(photo)}")
            print(memory(installation))
        finally:
            installation.stop()
        print(f"start, warm                    {started(installation):7.1f} s")
        installation.stop()


main()

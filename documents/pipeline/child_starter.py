"""The process that starts children: ``python -m documents.pipeline.child_starter``.

Starting an interpreter and importing the parsers costs ten times what reading a page of text does.
This process does it once and forks for every file. It never sees what is in a file: a request is
an open pipe that it hands on unread, so neither a password nor a page's words pass through it, and
a child that a hostile file took over ends with that file.

Standard input is a socket to the worker. Each message carries two descriptors: the pipe with the
request, and a link on which the child's end is told as JSON [exit code, negative for a signal;
peak memory in bytes]. Closing the link, or one half of it, ends the child. Without a file for
``IDLE_SECONDS``, or when the worker is gone, this process ends and takes its children along.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass

from . import child  # and with it every parser


@dataclass(frozen=True, slots=True)
class _Child:
    """``handle`` becomes readable at its end; ``link`` leads to the worker that waits for it."""

    pid: int
    handle: int
    link: socket.socket

    def kill(self) -> None:
        """The whole group. Before reaping: until then its number cannot belong to another."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


class _Starter:
    """One thread that waits for requests, for the ends of children and for worried workers."""

    def __init__(self, control: socket.socket, idle_seconds: float) -> None:
        self._control = control
        self._idle_seconds = idle_seconds
        self._running: set[_Child] = set()
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(control, selectors.EVENT_READ)

    def run(self) -> None:
        """Until the worker is gone or nothing was asked for long."""
        try:
            while True:
                patience = None if self._running else self._idle_seconds
                ready = self._waiting.select(patience)
                if not ready and not self._running:
                    return
                for key, _ in ready:
                    if key.fileobj is self._control:
                        if not self._begin():
                            return
                    elif key.data in self._running:
                        self._react(key.data, key.fileobj)
        finally:
            for one in self._running:
                one.kill()

    def _begin(self) -> bool:
        """Fork for the next request; False at the end of the worker."""
        message, descriptors, _, _ = socket.recv_fds(self._control, 1, 2)
        if not message:
            return False
        request, link = descriptors
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _become_child(request, parent)
        os.setpgid(pid, pid)  # the child does so too: whoever comes first
        os.close(request)
        one = _Child(pid, os.pidfd_open(pid), socket.socket(fileno=link))
        self._running.add(one)
        self._waiting.register(one.handle, selectors.EVENT_READ, one)
        self._waiting.register(one.link, selectors.EVENT_READ, one)
        return True

    def _react(self, one: _Child, cause: object) -> None:
        """The child ended, or its worker closed the link: reap in either case."""
        if cause is one.link:
            one.kill()
        self._waiting.unregister(one.handle)
        self._waiting.unregister(one.link)
        self._running.remove(one)
        one.kill()
        _, status, usage = os.wait4(one.pid, 0)
        end = [os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024]
        with contextlib.suppress(OSError):
            one.link.send(json.dumps(end).encode())
        one.link.close()
        os.close(one.handle)


def _become_child(request: int, parent: int) -> None:
    """Never returns. Keeps the request and the standard outputs, nothing else that is open."""
    try:
        os.setpgid(0, 0)
        os.dup2(request, 0)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        with os.fdopen(0, "rb") as stream:
            child.main(stream, parent)
    finally:
        os._exit(1)


def main() -> int:
    """Serve the socket that is standard input."""
    control = socket.socket(fileno=os.dup(0))
    # What is loaded now stays for ever; not looking at it again keeps its memory shared.
    gc.collect()
    gc.freeze()
    _Starter(control, float(os.environ["IDLE_SECONDS"])).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

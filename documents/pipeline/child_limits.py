"""Limits the child puts on itself before it touches a byte of the file.

What is certain on Linux: address space, CPU seconds, size of a written file, open files, no core
dump, low priority, no new privileges, and death together with its parent.

What is best effort: the network. A network namespace of its own (``unshare``) leaves the child
without even a loopback device, but needs either CAP_SYS_ADMIN or unprivileged user namespaces,
which some container hosts forbid. Where both are refused the child runs with the network of its
parent; :func:`confine` says which of the two happened, and the parser libraries used here do not
open connections by themselves.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

_FILE_BYTES = 256 * 1024 * 1024
_OPEN_FILES = 64


def confine(*, memory_bytes: int, cpu_seconds: int, parent_pid: int) -> bool:
    """Apply all limits to this process; True when it has no network any more.

    ``memory_bytes`` bounds the address space, ``cpu_seconds`` user and system time together: the
    kernel sends SIGXCPU at the limit and SIGKILL two seconds later. Ends the process when
    ``parent_pid`` is already gone.
    """
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_AS, memory_bytes, memory_bytes)
    _limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 2)
    _limit(resource.RLIMIT_FSIZE, _FILE_BYTES, _FILE_BYTES)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES)
    os.nice(10)
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    kinds = (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET)
    alone = any(libc.unshare(kind) == 0 for kind in kinds)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # After unshare: entering a user namespace changes credentials, which clears the death signal.
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)
    return alone


def _limit(kind: int, soft: int, hard: int) -> None:
    """Lower a limit, never above what this process was given by its own parent."""
    ceiling = resource.getrlimit(kind)[1]
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(kind, (soft, hard))

"""What bin/demo and bin/test share: a Python that is new enough and the packages installed.

Only the standard library, and it must load in Pythons older than 3.11 to be able to say so.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


class InstallFailed(Exception):
    """The packages could not be installed; the message says why."""


def use_new_python() -> None:
    """Go on in a newer Python when this one is too old; exit with a message when there is none."""
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])
    sys.exit(f"Backline needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def install(name: str) -> None:
    """Make the virtual environment hold exactly the pins of `<name>.txt`.

    Does nothing when it was made from the same file by the same Python. Packages come by uv,
    which needs a fifth of pip's time; pip does it where uv cannot be had.

    Raises:
        InstallFailed: neither worked.
    """
    pins = ROOT / (name + ".txt")
    stamp = VENV / ("installed-" + name)
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = hashlib.sha256(pins.read_bytes() + bytes(sys.version_info[:2])).hexdigest()
        if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
            return
        begun = time.monotonic()
        _say(f"  {'Installing the Python packages':<34}", end="")
        _make_environment()
        _install_pins(pins)
        stamp.write_text(wanted)
        if name == "requirements-dev":
            # The same pins and more: a demo after a test has nothing to install.
            product = (ROOT / "requirements.txt").read_bytes() + bytes(sys.version_info[:2])
            (VENV / "installed-requirements").write_text(hashlib.sha256(product).hexdigest())
        _say(f"{'done':<32}{time.monotonic() - begun:6.1f} s")


def _say(text: str, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


def _make_environment() -> None:
    same = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    if PYTHON.exists() and _runs([PYTHON, "-c", same]):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    problem = _error_of([sys.executable, "-m", "venv", VENV])
    # Debian splits ensurepip off; the machine's own pip can serve another environment.
    if problem and _runs([sys.executable, "-m", "pip", "--version"]):
        shutil.rmtree(VENV, ignore_errors=True)
        problem = _error_of([sys.executable, "-m", "venv", "--without-pip", VENV])
    if problem and shutil.which("uv"):
        problem = _error_of(["uv", "venv", "--quiet", "--clear", "--python", sys.executable, VENV])
    if problem:
        raise InstallFailed(
            "The virtual environment .venv could not be made. On Debian and Ubuntu "
            "`apt-get install python3-venv` helps.\n" + problem
        )


def _install_pins(pins: Path) -> None:
    uv = shutil.which("uv") or _own_uv()
    if uv:
        options = ["--quiet", "--require-hashes", "--python", PYTHON, "-r", pins]
        if not _error_of([uv, "pip", "install", *options]):
            return
    problem = _error_of([*_pip(), "install", "--quiet", "--require-hashes", "-r", pins])
    if problem:
        raise InstallFailed("The packages could not be installed.\n" + problem)


def _own_uv() -> str | None:
    """Install the pinned uv into the environment; None where there is no build for it."""
    pins = ROOT / "bin" / "uv-requirements.txt"
    own = VENV / "bin" / "uv"
    if own.exists() or not _error_of([*_pip(), "install", "-q", "--require-hashes", "-r", pins]):
        return str(own)
    return None


def _pip() -> list[object]:
    if (VENV / "bin" / "pip").exists():
        return [PYTHON, "-m", "pip", "--disable-pip-version-check"]
    return [sys.executable, "-m", "pip", "--python", PYTHON, "--disable-pip-version-check"]


def _runs(argv: list[object]) -> bool:
    return not _error_of(argv)


def _error_of(argv: list[object]) -> str:
    """Run a command; its last lines when it failed, empty when it did not."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)
    except OSError as error:
        return str(error)
    if done.returncode == 0:
        return ""
    return (
        "\n".join((done.stdout + done.stderr).splitlines()[-15:]) or f"exit code {done.returncode}"
    )

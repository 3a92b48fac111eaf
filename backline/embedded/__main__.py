"""The command line of the private servers: start, stop, env, run."""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from backline.embedded import Servers, ServerUnavailable, start, stop


def main(argv: list[str] | None = None) -> int:
    """Do what the command line asks; the exit code is 1 when a server cannot run here."""
    parser = argparse.ArgumentParser(prog="backline.embedded")
    parser.add_argument("action", choices=["start", "stop", "env", "run"])
    parser.add_argument("--dir", type=Path, required=True, help="where data and logs live")
    options = parser.parse_args(argv)
    try:
        servers = Servers(options.dir)
        if options.action == "stop":
            stop(servers)
            return 0
        if options.action != "env":
            start(servers)
    except ServerUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    exports = servers.environment().items()
    sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in exports)
    if options.action == "run":
        _serve(servers)
    return 0


def _serve(servers: Servers) -> None:
    """Keep the servers until input closes, which also happens when whoever opened it dies."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        sys.stdout.write("\n")
        sys.stdout.flush()
        sys.stdin.read()
    finally:
        stop(servers)


if __name__ == "__main__":
    raise SystemExit(main())

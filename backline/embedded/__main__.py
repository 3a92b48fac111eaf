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
    parser.add_argument("--careless", action="store_true", help="faster, lost with the power")
    options = parser.parse_args(argv)
    try:
        servers = Servers(options.dir)
        servers.postgres.durable = not options.careless
        if options.action == "stop":
            stop(servers)
        elif options.action == "run":
            _serve(servers)
        else:
            if options.action == "start":
                start(servers)
            _print_addresses(servers)
    except ServerUnavailable as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _print_addresses(servers: Servers) -> None:
    for name, value in servers.environment().items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


def _serve(servers: Servers) -> None:
    """Start, print the addresses and an empty line, and stop when input closes.

    It also closes when whoever opened it dies, even while the servers are still starting.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        start(servers)
        _print_addresses(servers)
        sys.stdout.write("\n")
        sys.stdout.flush()
        sys.stdin.read()
    except BrokenPipeError:
        return
    finally:
        stop(servers)


if __name__ == "__main__":
    raise SystemExit(main())

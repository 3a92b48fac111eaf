"""``python -m bench.http``: our API beside the lean peer on 100,000 patients, in one run.

Starts private servers, makes clinics of two sizes, and puts both servers under the load of wrk,
A B and then B A in turn. Prints requests a second, p50, p95 and p99 (medians of the rounds) with
the ratio to the peer, and how the lists' p50 grows from the small clinic to the large one. Only
ratios of one run mean anything. ``--var FOLDER`` keeps the clinics for the next run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from backline.made_names import clinic_of_size
from bench.http.load import JOBS, LISTS, Measured, Target, WrkMissing, run
from bench.http.peer_data import copy_clinic
from bench.http.servers import manage, ours, peer, private_servers, sample, sign_in

FLOORS = {"list": 0.35, "get": 0.35, "search": 0.35, "create patient": 0.3, "create task": 0.3}
MOST_GROWTH = 1.3
Results = dict[tuple[str, str], list[Measured]]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.http", description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--small", type=int, default=10_000, help="patients of the small clinic")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="of each job, target and round")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--jobs", default=",".join(JOBS))
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("--var", type=Path, help="a folder to keep the clinics in")
    return parser.parse_args()


def take_turns(
    targets: list[Target], jobs: list[str], given: argparse.Namespace, seconds: int
) -> Results:
    """Every round runs every job against every target, each round in the other order."""
    results: Results = defaultdict(list)
    for job in jobs:
        for target in targets:
            run(target, job, seconds=1, connections=given.connections)
    for round_ in range(given.rounds):
        for job in jobs:
            for target in targets if round_ % 2 == 0 else reversed(targets):
                measured = run(target, job, seconds=seconds, connections=given.connections)
                results[job, target.name].append(measured)
        print(f"  round {round_ + 1} of {given.rounds}", file=sys.stderr, flush=True)
    return results


def print_ratios(results: Results, jobs: list[str]) -> bool:
    """The table; whether every floor holds and no request failed."""
    print(f"\n{'job':<16}{'':<6}{'req/s':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}{'bad':>6}")
    holds = True
    for job in jobs:
        for name in ("lean", "ours"):
            rounds = results[job, name]
            at = {k: statistics.median(getattr(m, k) for m in rounds) for k in _FIGURES}
            bad = sum(m.bad for m in rounds)
            print(
                f"{job if name == 'lean' else '':<16}{name:<6}{at['rate']:>8.0f}"
                f"{at['p50']:>9.1f}{at['p95']:>9.1f}{at['p99']:>9.1f}{bad:>6}",
                end="" if name == "ours" else "\n",
            )
            holds &= not bad
        pairs = zip(results[job, "ours"], results[job, "lean"], strict=True)
        ratio = statistics.median(mine.rate / theirs.rate for mine, theirs in pairs)
        floor = FLOORS.get(job)
        missed = floor is not None and ratio < floor
        holds &= not missed
        word = "" if floor is None else f"  floor {floor} {'MISSED' if missed else 'holds'}"
        print(f"   ratio {ratio:.2f}{word}")
    return holds


_FIGURES = ("rate", "p50", "p95", "p99")


def print_growth(results: Results, given: argparse.Namespace) -> bool:
    """p50 of the lists in both clinics; whether none grows with the table."""
    print(f"\n{'list':<16}{given.small:>12,}{given.patients:>12,}   (p50 ms)")
    holds = True
    for job in LISTS:
        small, large = (
            statistics.median(m.p50 for m in results[job, name]) for name in ("small", "large")
        )
        growth = large / small
        holds &= growth <= MOST_GROWTH
        word = "holds" if growth <= MOST_GROWTH else "MISSED"
        print(
            f"{job:<16}{small:>12.1f}{large:>12.1f}   x{growth:.2f}  at most x{MOST_GROWTH} {word}"
        )
    return holds


def main() -> int:
    given = arguments()
    jobs = [job.strip() for job in given.jobs.split(",")]
    with ExitStack() as stack:
        var = given.var or Path(stack.enter_context(TemporaryDirectory()))
        env = stack.enter_context(private_servers(var))
        manage(env, "prepare_database", "-v0")
        sizes = (given.patients,) if given.no_growth else (given.small, given.patients)
        for size in sizes:
            seconds = manage(env, "seed", "--scale", str(size), "--allow-demo-password")
            print(f"{size:,} patients: {seconds:.0f} s", file=sys.stderr, flush=True)
        clinic_id, email = clinic_of_size(given.patients)
        copy_clinic(env["DATABASE_OWNER_URL"], clinic_id)
        some = sample(env["DATABASE_OWNER_URL"], clinic_id)
        lean_url = stack.enter_context(peer(env, var))
        our_url = stack.enter_context(ours(env, var))
        large = Target("ours", our_url, sign_in(our_url, email), some)
        lean = Target("lean", lean_url, sign_in(lean_url, email), some)
        results = take_turns([lean, large], jobs, given, given.seconds)
        holds = print_ratios(results, jobs)
        if not given.no_growth:
            small_id, small_email = clinic_of_size(given.small)
            fewer = sample(env["DATABASE_OWNER_URL"], small_id)
            targets = [
                Target("small", our_url, sign_in(our_url, small_email), fewer),
                Target("large", our_url, large.token, some),
            ]
            seconds = max(2, given.seconds // 2)
            holds &= print_growth(take_turns(targets, list(LISTS), given, seconds), given)
    print(f"\nload average at the end {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    return 0 if holds else 1


try:
    sys.exit(main())
except WrkMissing as error:
    sys.exit(str(error))

"""``python -m bench.search [--patients N] [--var FOLDER]``: searching among 100,000 patients.

Prints whom four known searches rank first, p50 and p95 of the whole search (SQL and ranking) and
of its SQL, how many misspelt names are among the first 20, and the plan of the name's search as
the application's role sees it, under row-level security.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from backline.made_names import clinic_of_size, misspelt
from bench.http.servers import manage, private_servers, sample

KNOWN = {
    "jon smyth": "Jon Smyth",
    "garcia maria": "Maria Garcia",
    "867-5309": "Jon Smyth",
    "1984-02-29": "Maria Garcia",
}
TIMES = 300


def timed(work: Callable[[str], object], texts: list[str]) -> str:
    taken = []
    for text in texts:
        begun = time.perf_counter()
        work(text)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return f"p50 {taken[len(taken) // 2]:6.1f} ms   p95 {taken[int(len(taken) * 0.95)]:6.1f} ms"


def print_scans(search: Callable[[str], object]) -> bool:
    """How the application's role reads the patients in a search; whether by indexes alone."""
    from django.db import connection, transaction

    counters = "SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relname = 'patients'"
    with transaction.atomic(), connection.cursor() as cursor:
        search("jon smyth")
        cursor.execute(counters)
        whole, by_index = cursor.fetchone()
    print(f"as the application's role: {by_index} scans by index, {whole} of the whole table")
    return whole == 0 and by_index > 0


def print_plan(owner_url: str, clinic_id: str) -> None:
    """The plan of the name's search inside ``patients_found``, which runs as the owner."""
    with psycopg.connect(owner_url) as connection, psycopg.ClientCursor(connection) as cursor:
        cursor.execute("SET LOCAL pg_trgm.word_similarity_threshold = 0.6")
        cursor.execute(
            "EXPLAIN (ANALYZE, COSTS OFF) SELECT p.id FROM patients p WHERE p.clinic_id = %s"
            " AND p.search_name %%> 'jon smyth' ORDER BY p.search_name <-> 'jon smyth' LIMIT 100",
            [clinic_id],
        )
        print("\n".join(row[0] for row in cursor.fetchall()))


def measure(count: int, owner_url: str) -> bool:
    """Whether every known search finds its person first, through an index."""
    import django

    django.setup()
    from clinic.current import enter_clinic
    from patients.asked import understand
    from patients.queries import _candidates, search_patients

    clinic_id, _ = clinic_of_size(count)
    some = sample(owner_url, clinic_id, TIMES)
    source = random.Random(1)
    wrong = [(patient_id, misspelt(name, source)) for patient_id, name in some.patients]
    holds = True
    with enter_clinic(clinic_id):
        for text, wanted in KNOWN.items():
            rows, _ = search_patients(text)
            first = f"{rows[0]['first_name']} {rows[0]['last_name']}" if rows else "nobody"
            alike = [row for row in rows if row["score"] == rows[0]["score"]]
            holds &= first == wanted
            print(f"{text:<14} -> {first:<14} (of {len(alike)} equally likely)")
        names = [name for _, name in some.patients]
        slips = [text for _, text in wrong]
        print(f"names as written   {timed(search_patients, names)}")
        print(f"names misspelt     {timed(search_patients, slips)}")
        print(f"  SQL alone        {timed(lambda q: _candidates(understand(q), None), slips)}")
        found = sum(
            patient_id in {str(row["patient_id"]) for row in search_patients(text)[0]}
            for patient_id, text in wrong
        )
        print(f"misspelt names found among the first 20: {found / len(wrong):.1%}")
        holds &= print_scans(search_patients)
    print_plan(owner_url, str(clinic_id))
    return holds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.search", description=__doc__)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--var", type=Path, help="a folder to keep the clinic in")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, private_servers(given.var or Path(folder)) as env:
        manage(env, "prepare_database", "-v0")
        manage(env, "seed", "--scale", str(given.patients), "--allow-demo-password")
        os.environ.update(env)
        return 0 if measure(given.patients, env["DATABASE_OWNER_URL"]) else 1


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backline.settings")
sys.exit(main())

"""Documents through the pipeline, with what it cost."""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

from bench.extraction.plain import read_plain
from bench.extraction.plain_rules import extract_plain
from bench.extraction.web.catalogue import WEB_LAYOUTS
from bench.extraction.web.page import Printer, WebLayout
from bench.extraction.words import WordStore
from documents.pipeline.extraction import extract
from documents.pipeline.extraction.decide import decide
from documents.pipeline.extraction.verify import verify
from documents.pipeline.opening import open_file
from documents.pipeline.reading import read_page
from documents.pipeline.starting import running
from documents.pipeline.types import ChartFacts, Limits, Locale, PageText
from documents.samples.build import Made, captured, make, make_packet, rng_for
from documents.samples.catalogue import LAYOUTS, Layout
from documents.samples.made_up import anybody, numbered
from documents.samples.people import PEOPLE, Person
from documents.samples.truth import Truth

TODAY = date(2026, 11, 23)
PATIENT = Limits(wall_seconds=900)  # a busy machine says nothing of the document
AnyLayout = Layout | WebLayout
EVERY: tuple[AnyLayout, ...] = (*LAYOUTS, *WEB_LAYOUTS)


@dataclass(frozen=True, slots=True)
class Run:
    """One document read: the contract's object, the decision, and CPU seconds by stage.

    ``features`` are those of each field by its id, ``plain`` what the baseline made of it, ``file``
    the bytes and the suffix.
    """

    name: str
    truth: Truth
    pages: tuple[PageText, ...]
    extracted: dict[str, Any]
    features: dict[str, dict[str, float]]
    ingest: bool
    reasons: tuple[str, ...]
    read_cpu: float
    extract_cpu: float
    plain: dict[str, Any]
    plain_cpu: float
    file: tuple[bytes, str]


def cpu() -> float:
    """CPU seconds of this process, of the children that have ended, of those its starter ran."""
    times = os.times()
    starter = running()
    started = starter.cpu_seconds() if starter is not None else 0.0
    return times.user + times.system + times.children_user + times.children_system + started


def peak_megabytes() -> tuple[float, float]:
    """Peak resident memory of this process and of its largest child."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    starter = running()
    read = starter.largest / 1024 if starter is not None else 0
    return own / 1024, max(child, read) / 1024


def patient_for(rng: Random, layout: AnyLayout) -> Person:
    """Held-out layouts are about held-out patients; the others about numbered or named ones."""
    if layout.held_out:
        return numbered(rng, held_out=True)
    return rng.choice(PEOPLE) if rng.random() < 0.3 else numbered(rng, held_out=False)


def chosen(
    layouts: Sequence[AnyLayout], most: int, seed: int, variant: str
) -> list[AnyLayout]:  # fmt: skip
    """At most so many layouts: unseen and known in turn, of all kinds before any kind twice."""
    rng = rng_for("chosen", seed, variant)
    sides: list[list[AnyLayout]] = []
    for held_out in (True, False):
        side = [layout for layout in layouts if layout.held_out == held_out]
        rng.shuffle(side)
        turn: Counter[str] = Counter()
        order = {}
        for layout in side:
            order[layout.name] = turn[layout.kind]
            turn[layout.kind] += 1
        sides.append(sorted(side, key=lambda layout: order[layout.name]))
    mixed = [one for pair in zip_longest(*sides) for one in pair if one is not None]
    return mixed[:most]


Planned = tuple[str, AnyLayout, Person, str, int]


def plan(
    counts: Mapping[str, int], seed: int, layouts: Sequence[AnyLayout] = EVERY
) -> Iterator[Planned]:
    """(name, layout, patient, variant, seed) of so many documents of each variant."""
    for variant, count in counts.items():
        for number in range(-(-count // len(layouts))):
            own = seed + number
            for layout in chosen(layouts, count - number * len(layouts), own, variant):
                who = patient_for(rng_for("bench", own, layout.name, variant), layout)
                yield f"{layout.name}-{variant}-{own}", layout, who, variant, own


def documents(
    counts: Mapping[str, int], seed: int, layouts: Sequence[AnyLayout] = EVERY, *, packets: int = 0
) -> Iterator[tuple[str, Made]]:
    """Freshly made documents, and so many packets of two patients in each variant."""
    with ExitStack() as stack:
        printer: Printer | None = None
        for name, layout, who, variant, own in plan(counts, seed, layouts):
            if isinstance(layout, Layout):
                yield name, make(layout.name, who, variant, own)
                continue
            printer = printer or stack.enter_context(Printer())
            pdf, truth = printer.draw(layout, who, own)
            yield name, captured(pdf, truth, variant, own)
    for variant in counts:
        for number in range(packets):
            yield packet(variant, seed + number)


def packet(variant: str, seed: int) -> tuple[str, Made]:
    """A cover sheet, a report of one patient and a note of another in one file."""
    rng = rng_for("packet", seed, variant)
    first, second = rng.sample(PEOPLE, 2)
    pieces = [("fax-cover", first), ("lab-classic", first), ("visit-note", second)]
    made = make_packet(pieces, name="packet", variant=variant, seed=seed)
    return f"packet-{variant}-{seed}", made


def words_of(path: Path, store: Path | None) -> tuple[list[PageText], float]:
    """The pages as read and the CPU seconds that took; from ``store`` when it has them."""
    words = WordStore(store) if store else None
    data = path.read_bytes() if words else b""
    kept = words.get(data) if words else None
    if kept is not None:
        return kept
    before = cpu()
    with tempfile.TemporaryDirectory() as folder:
        opened = open_file(path, out_dir=Path(folder), limits=PATIENT)
        pages = [read_page(page) for page in opened.pages]
    spent = cpu() - before
    if words:
        words.put(data, pages, spent)
    return pages, spent


def chart_of(truth: Truth) -> ChartFacts | None:
    """What the clinic's chart says of the patient the document was uploaded for."""
    if truth.patient is None:
        return None
    who = anybody(truth.patient)
    return ChartFacts(
        who.key, who.first_name, who.last_name, who.dob, who.sex_word.lower(), who.mrn, who.phone
    )


def read(name: str, made: Made, folder: Path, store: Path | None, *, plain: bool = True) -> Run:
    """Take one document through every stage up to the decision."""
    path = folder / f"{name}{made.suffix}"
    path.write_bytes(made.data)
    pages, read_cpu = words_of(path, store)
    plain_pages, plain_cpu = read_plain(path, store, cpu) if plain else ([], 0.0)
    path.unlink()
    chart = chart_of(made.truth)
    before = time.process_time()
    extraction = verify(extract(pages, locale=Locale(today=TODAY)), chart, today=TODAY)
    decision = decide(extraction, kind_hint=None, has_patient=chart is not None)
    spent = time.process_time() - before
    return Run(
        name,
        made.truth,
        tuple(pages),
        extraction.as_dict(),
        {f.id: f.features for f in extraction.fields},
        decision.ingest,
        decision.reasons,
        read_cpu,
        spent,
        extract_plain(plain_pages) if plain else {},
        plain_cpu,
        (made.data, made.suffix),
    )


def read_all(
    made: Iterable[tuple[str, Made]], store: Path | None, *, plain: bool = True
) -> Iterator[Run]:
    """Every document through the pipeline and, unless told otherwise, the baseline."""
    with tempfile.TemporaryDirectory() as folder:
        for name, one in made:
            yield read(name, one, Path(folder), store, plain=plain)

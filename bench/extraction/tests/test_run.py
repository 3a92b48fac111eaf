"""Which documents a run takes, and how its tables say met or gap."""

from __future__ import annotations

from dataclasses import replace

from bench.extraction.report import Table, compared, promised
from bench.extraction.run import EVERY, Run, chosen, plan
from bench.extraction.scoring import Judged, Scored
from bench.extraction.targets import cause_of, targets
from documents.pipeline.types import PageText, Word
from documents.samples.truth import Truth, TruthField

BOX = (0.1, 0.1, 0.3, 0.12)
FACT = TruthField("patient.mrn", "100001", 1, BOX, "100001")
TRUTH = Truth("lab", "lab-letter", "scan", None, 1, (FACT,), held_out=True)


def run_of(text: str, *judged: Judged, truth: Truth = TRUTH) -> tuple[Run, Scored]:
    page = PageText(1, 612, 792, "absent", (Word(text, BOX, 0.9, "ocr"),))
    run = Run("one", truth, (page,), {}, {}, False, (), 2.0, 0.0, {}, 0.0, (b"", ".pdf"))
    return run, Scored(truth, "lab", list(judged))


def right(count: int, confidence: float = 0.95) -> list[Judged]:
    return [Judged("identity", "patient.mrn", "right", confidence, True)] * count


def test_half_of_the_documents_are_of_unseen_layouts_and_of_all_kinds():
    some = chosen(EVERY, 24, 1, "scan")

    assert [layout.held_out for layout in some] == [True, False] * 12
    assert len({layout.kind for layout in some}) == len({layout.kind for layout in EVERY})
    assert some == chosen(EVERY, 24, 1, "scan")
    assert some != chosen(EVERY, 24, 2, "scan")


def test_more_documents_than_layouts_take_the_next_seed():
    planned = list(plan({"text": len(EVERY) + 2}, 5))

    assert len(planned) == len(EVERY) + 2
    assert len({name for name, *_ in planned}) == len(planned)
    assert {seed for *_, seed in planned} == {5, 6}


def test_target_is_met_at_its_value_and_a_gap_below_it():
    def identity(wrong: int) -> list[str]:
        bad = [Judged("identity", "patient.mrn", "missed", fact=FACT)] * wrong
        rows = targets([run_of("100001", *right(98), *bad)], []).rows
        return next(row for row in rows if row[0] == "identity and dates F1")

    assert identity(4)[3:6] == ["0.980", "-", "met"]
    assert identity(5)[3:6] == ["0.975", "-", "GAP"]


def test_cause_tells_misread_from_unfound_and_wrong():
    missed = Judged("identity", "patient.mrn", "missed", fact=FACT)
    wrong = Judged("identity", "patient.mrn", "wrong", 0.9)
    pairs = [run_of("1OOOO1", missed), run_of("100001", missed, wrong)]

    said = cause_of(pairs, lambda j: j.family == "identity")

    assert said == "1 misread, 1 read but not found, 1 wrong; lab-letter 3"


def test_slow_is_a_gap_with_its_cause_and_little_memory_is_met():
    pairs = [run_of("x", *right(1))]
    rows = targets(pairs, [("speed", 20, 19.9, True, "opening"), ("MB", 900, 900, False, "x")]).rows

    assert rows[-2][5:] == ["GAP", "opening"]
    assert rows[-1][5:] == ["met", ""]


def test_tables_put_unseen_beside_known_and_the_baseline():
    known = replace(TRUTH, held_out=False)
    from bench.extraction.report import Pair

    pairs = [
        Pair(Scored(TRUTH, "lab", right(3)), Scored(TRUTH, "lab", right(1))),
        Pair(Scored(known, "lab", [*right(1), Judged("identity", "patient.mrn", "missed")]),
             Scored(known, "lab", [])),
    ]  # fmt: skip

    row = compared("t", pairs, lambda _, j: j.family).rows[0]

    assert row == ["identity", "3", "1.000", "1.000", "1.000", "1.000",
                   "2", "1.000", "0.500", "0.667", "-"]  # fmt: skip


def test_confidence_table_counts_at_the_threshold_itself():
    some = [Scored(TRUTH, "lab", [*right(1, 0.9), *right(1, 0.8999)])]

    row = promised("t", [("all", some)]).rows[0]

    assert row[3:7] == ["1.0000", "0.207-1.000", "1", "0.500"]


def test_table_is_text_and_markdown():
    table = Table("T", ("", "n"), [["a", "12"]])

    assert table.text() == "\nT\n    n\na  12"
    assert table.markdown().splitlines()[2:] == ["|  | n |", "| --- | ---: |", "| a | 12 |"]

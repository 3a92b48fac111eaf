"""The sample files of the repository are complete, small, and what the generator makes."""

from __future__ import annotations

import json

import pytest

from documents.samples.build import truth_json
from documents.samples.committed import FILES, SAMPLES, build
from documents.samples.people import PEOPLE
from documents.samples.truth import Truth

MANIFEST = json.loads((FILES / "manifest.json").read_text(encoding="utf-8"))


def test_manifest_lists_every_file_and_nothing_else():
    listed = {e["file"] for e in MANIFEST} | {e["truth"] for e in MANIFEST} | {"manifest.json"}

    assert listed == {path.name for path in FILES.iterdir()}
    assert len(MANIFEST) == len(SAMPLES) >= 14
    assert {e["patient"] for e in MANIFEST} - {None} <= {p.key for p in PEOPLE}


def test_set_is_varied_and_small():
    kinds = {e["kind"] for e in MANIFEST}

    assert kinds == {
        "lab", "imaging", "medical_history", "summary", "consent_form", "insurance_card",
        "claim_form", "payer_letter",
    }  # fmt: skip
    assert {"text", "turned", "scan", "fax", "faxpdf", "photo", "rotated"} <= {
        e["variant"] for e in MANIFEST
    }
    assert sum(path.stat().st_size for path in FILES.iterdir()) <= 4_000_000


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.stem)
def test_committed_truth_is_what_the_generator_makes(sample):
    made = build(sample)

    stored = (FILES / f"{sample.stem}.json").read_text(encoding="utf-8")
    assert stored == truth_json(made.truth)
    assert (FILES / f"{sample.stem}{made.suffix}").exists()
    assert Truth.from_dict(json.loads(stored)).pages == made.truth.pages


def test_text_samples_are_the_very_bytes():
    for sample in SAMPLES:
        if sample.variant == "text":
            stored = (FILES / f"{sample.stem}.pdf").read_bytes()
            assert stored == build(sample).data

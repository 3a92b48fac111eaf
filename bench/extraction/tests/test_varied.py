"""Layouts by lot are the same by number, and public records become documents with truth."""

from __future__ import annotations

import json

from bench.extraction.public import reports
from bench.extraction.web.catalogue import BODIES, varied


def test_a_number_is_a_layout_however_many_are_asked():
    few, many = varied(3), varied(25)

    assert [(v.name, v.css, v.size) for v in few] == [(v.name, v.css, v.size) for v in many[:3]]
    assert len({v.name for v in many}) == 25
    assert [v.kind for v in many[: len(BODIES)]] == [kind for kind, _ in BODIES]
    assert not any(v.held_out for v in many)


def test_public_record_gives_its_newest_day_with_enough_results(tmp_path):
    def result(day: str, test: str, value: float, unit: str = "mg/dL") -> dict:
        return {"resource": {
            "resourceType": "Observation", "effectiveDateTime": f"{day}T08:00:00Z",
            "category": [{"coding": [{"code": "laboratory"}]}], "code": {"text": test},
            "valueQuantity": {"value": value, "unit": unit},
        }}  # fmt: skip

    patient = {"resource": {
        "resourceType": "Patient", "id": "59bc5dbb-1957", "gender": "male",
        "birthDate": "1960-02-03", "name": [{"given": ["Al12"], "family": "Roe34"}],
    }}  # fmt: skip
    tests = ("Glucose [Mass/volume] in Blood", "Sodium", "Potassium", "Chloride")
    entries = [result("2015-01-02", test, 5.123) for test in tests]
    entries += [result("2016-01-02", "Sodium", 140)]
    folder = tmp_path / "synthea"
    folder.mkdir()
    (folder / "al.json").write_text(json.dumps({"entry": [patient, *entries]}))

    (report,) = reports(tmp_path)

    assert (report.name, report.born.isoformat(), report.number) == (
        "Al Roe", "1960-02-03", "59BC5DBB",
    )  # fmt: skip
    assert report.when.isoformat() == "2015-01-02"
    assert report.results[0] == ("Glucose", "5.12", "mg/dL")
    assert len(report.results) == 4

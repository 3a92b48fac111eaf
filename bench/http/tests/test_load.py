from __future__ import annotations

import json
import shutil
from urllib.parse import parse_qs, urlsplit

import pytest

from bench.http.load import JOBS, LISTS, Measured, Sample, Target, WrkMissing, requests_of, run

SAMPLE = Sample([("0192f0c4-0000-7000-8000-000000000001", "Jon Smyth")])


@pytest.mark.parametrize("job", dict.fromkeys((*JOBS, *LISTS)))
def test_every_job_has_requests_that_the_script_can_send(job):
    for line in requests_of(job, SAMPLE):
        method, path, body = line.split("\t")

        assert method in ("GET", "POST")
        assert path.startswith("/api/")
        assert bool(body) == (method == "POST")
        assert not body or isinstance(json.loads(body), dict)


def test_every_other_search_is_misspelt():
    asked = [
        parse_qs(urlsplit(line.split("\t")[1]).query)["q"] for line in requests_of("search", SAMPLE)
    ]

    assert asked[0::2] == [["Jon Smyth"]] * (len(asked) // 2)
    assert sum(q != ["Jon Smyth"] for q in asked[1::2]) > len(asked) / 3


def test_a_missing_load_generator_is_named(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)

    with pytest.raises(WrkMissing, match="apt-get install wrk"):
        run(Target("ours", "http://127.0.0.1:1", "", SAMPLE), "list", seconds=1, connections=1)


def test_rate_is_requests_a_second():
    assert Measured(300, 2.0, 0, 1, 2, 3).rate == 150

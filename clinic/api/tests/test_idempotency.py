"""``Idempotency-Key``: what counts as the same request, and for how long."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from clinic.api.idempotency import OtherBody, forget_old_answers, once
from clinic.models import IdempotentAnswer
from clinic.refusals import Invalid

pytestmark = pytest.mark.django_db
DAY = timedelta(hours=24)
MINUTE = timedelta(minutes=1)


class Door:
    """A view that counts how often it works; calling it is asking with a key."""

    def __init__(self):
        self.worked = 0
        self.status = 201

    def work(self, request):
        self.worked += 1
        files = [one.read().decode() for one in request.FILES.values()]
        return Response({"turn": self.worked, "files": files}, status=self.status)

    def __call__(self, person, key="k", *, path="/api/things", body=None, method="post", file=None):
        ask = getattr(APIRequestFactory(), method)
        if file is None:
            raw, parser = ask(path, body or {}, format="json"), JSONParser()
        else:
            data = {**(body or {}), "file": SimpleUploadedFile(*file)}
            raw, parser = ask(path, data, format="multipart"), MultiPartParser()
        if key is not None:
            raw.META["HTTP_IDEMPOTENCY_KEY"] = key
        request = Request(raw, parsers=[parser])
        request.user = person.user
        with person.at_work():
            answer = once(request, self.work)
        return answer.data["turn"], answer.headers.get("Idempotency-Replayed")


@pytest.fixture
def door():
    return Door()


def age(person, by):
    with person.at_work():
        IdempotentAnswer.objects.update(created_at=timezone.now() - by)


def test_without_a_key_each_request_works(alice, door):
    assert [door(alice, None), door(alice, None)] == [(1, None), (2, None)]


@pytest.mark.parametrize(
    "other",
    [
        {"body": {"a": 2}},
        {"body": {"a": 1, "b": 1}},
        {"path": "/api/others"},
        {"path": "/api/things?x=1"},
        {"method": "put"},
    ],
)
def test_what_differs_is_another_request(alice, door, other):
    asked = {"body": {"a": 1}}
    assert door(alice, **asked) == (1, None)
    assert door(alice, **asked) == (1, "true")
    with pytest.raises(OtherBody):
        door(alice, **(asked | other))
    assert door(alice, "k2", **(asked | other)) == (2, None)


def test_the_order_of_a_bodys_names_does_not_count(alice, door):
    assert door(alice, body={"a": 1, "b": [1, 2]}) == (1, None)
    assert door(alice, body={"b": [1, 2], "a": 1}) == (1, "true")
    with pytest.raises(OtherBody):
        door(alice, body={"a": 1, "b": [2, 1]})


def test_each_person_of_each_clinic_has_keys_of_their_own(alice, bob, charlie, door):
    assert [door(one) for one in (alice, bob, charlie)] == [(1, None), (2, None), (3, None)]
    assert [door(one) for one in (alice, bob, charlie)] == [(1, "true"), (2, "true"), (3, "true")]


def test_a_file_counts_by_its_bytes_and_is_still_there_to_be_read(alice, door):
    with alice.at_work():
        assert door(alice, file=("a.txt", b"one")) == (1, None)
        assert IdempotentAnswer.objects.get().body["files"] == ["one"]
    assert door(alice, file=("a.txt", b"one")) == (1, "true")
    with pytest.raises(OtherBody):
        door(alice, file=("a.txt", b"two"))
    with pytest.raises(OtherBody):
        door(alice, file=("a.txt", b"one"), body={"kind": "lab"})


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_an_answer_that_refuses_does_not_use_the_key_up(alice, door, status):
    door.status = status
    assert door(alice) == (1, None)
    with alice.at_work():
        assert not IdempotentAnswer.objects.exists()
    door.status = 200
    assert [door(alice), door(alice)] == [(2, None), (2, "true")]


def test_a_key_that_is_taken_over_after_a_day_is_good_for_another(alice, door):
    assert door(alice, body={"a": 1}) == (1, None)
    age(alice, DAY - MINUTE)
    assert door(alice, body={"a": 1}) == (1, "true")
    age(alice, DAY + MINUTE)
    assert door(alice, body={"a": 2}) == (2, None)
    assert door(alice, body={"a": 2}) == (2, "true")
    with pytest.raises(OtherBody):
        door(alice, body={"a": 1})


def test_old_answers_are_forgotten_clinic_by_clinic(alice, charlie, door):
    door(alice, "old")
    door(charlie, "theirs")
    age(alice, DAY + MINUTE)
    age(charlie, DAY + MINUTE)
    door(alice, "new")
    with alice.at_work():
        IdempotentAnswer.objects.filter(key="new").update(created_at=timezone.now() - DAY + MINUTE)
        assert forget_old_answers() == 1
        assert IdempotentAnswer.objects.get().key == "new"
    with charlie.at_work():
        assert IdempotentAnswer.objects.get().key == "theirs"


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
def test_a_key_that_cannot_be_used_is_refused_before_any_work(alice, door, key):
    with pytest.raises(Invalid):
        door(alice, key)
    assert door.worked == 0
    assert door(alice, "x" * 200) == (1, None)

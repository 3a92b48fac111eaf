"""A consent's life: sent, opened, signed, sealed; and every way in which it ends otherwise."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from agents.models import AgentRun
from backline.invariants import files_astray
from clinic.models import AuditEntry, Event
from clinic.recording import change
from clinic.tallies import drifts
from consents import seal
from consents.actions import create_template, expire_forms, send_again, send_forms
from consents.links import secret_of
from consents.models import ConsentForm, ConsentStatus
from consents.moves import IllegalMove, UnknownForm, move
from consents.signing import Hand, Visitor, check_form, decline_form, open_form, sign_form
from consents.tests.conftest import deliver, links_in
from documents.lost_files import stored_names
from documents.models import Document
from tasks.models import Task

SIGNED = {"action": "sign", "name": "Ana Čermák-Lima", "agree": "on"}
DRAWN = "[[[10,20],[400,150],[900,280]],[[5,5]]]"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)"

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser():
    return Client(headers={"User-Agent": PHONE}, REMOTE_ADDR="203.0.113.7")


def now_of(form):
    return ConsentForm.objects.get(pk=form.pk)


def test_a_form_is_sent_opened_signed_sealed_and_filed(alice, patient, form, link, browser):
    page = browser.get(link)
    assert page.status_code == 200
    text = page.content.decode()
    assert "<strong>Ana Čermák-Lima</strong> (born 4 March 1980)" in text
    assert "<script src" not in text.split("<body")[1]
    assert page["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    with alice.at_work():
        assert now_of(form).status == "in_progress"
    done = browser.post(link, SIGNED | {"strokes": DRAWN})
    assert (done.status_code, "Thank you" in done.content.decode()) == (200, True)
    with alice.at_work():
        signed = now_of(form)
        assert (signed.status, signed.signer_name) == ("signed", "Ana Čermák-Lima")
        assert signed.evidence["signed"]["ip"] == "203.0.113.7"
        assert signed.evidence["signed"]["user_agent"] == PHONE
        document = signed.document
        assert (document.patient_id, document.kind, document.status, document.pages) == (
            patient.pk, "consent_form", "approved", 2,
        )  # fmt: skip
        assert check_form(form.pk).holds
        assert files_astray() == 0
        told = Event.objects.filter(type="consent_form").order_by("seq")
        assert [event.doc["status"] for event in told] == ["sent", "in_progress", "signed"]
        papers = Event.objects.filter(type="document")
        assert [(one.op, one.doc["document_id"]) for one in papers] == [
            ("insert", str(document.pk))
        ]
        lines = AuditEntry.objects.filter(action__regex="consent_form|document").order_by("seq")
        hand = "Patient by e-mailed link"
        assert [(one.action, one.actor, one.patient_id) for one in lines] == [
            ("consent_form.sent", alice.actor.label, patient.pk),
            ("consent_form.in_progress", hand, patient.pk),
            ("document.signed", hand, patient.pk),
            ("consent_form.signed", hand, patient.pk),
        ]
        assert drifts([("consent_forms", "status", "consent_form")]) == []


def test_the_paper_shows_wording_signature_and_evidence(alice, form, link, browser):
    browser.get(link)
    browser.post(link, SIGNED)
    with alice.at_work():
        document = now_of(form).document
        with default_storage.open(document.storage_name) as stream:
            text = text_of(stream.read())
    for words in (
        "Treatment consent", "I was told of the risks.", "Signed electronically on",
        "Evidence of signing", "203.0.113.7", "iPhone", form.body_sha256, str(form.pk),
        "ana@example.org",
    ):  # fmt: skip
        assert words in text, words


def text_of(data):
    import pypdfium2

    pdf = pypdfium2.PdfDocument(data)
    return "\n".join(page.get_textpage().get_text_range() for page in pdf).replace("\r\n", "\n")


def test_a_changed_byte_does_not_verify(alice, form, link, browser):
    browser.post(link, SIGNED)
    with alice.at_work():
        name = now_of(form).document.storage_name
        path = Path(default_storage.path(name))
        good = path.read_bytes()
        assert seal.check(good).holds
        for place in range(0, len(good), max(1, len(good) // 60)):
            changed = bytearray(good)
            changed[place] ^= 1
            path.write_bytes(changed)
            assert not check_form(form.pk).holds, place
        assert not seal.check(good[:3000] + b" " + good[3001:]).holds
        assert not seal.check(good + b"%").holds
        path.write_bytes(good)
        assert check_form(form.pk).holds
    call_command("verify_consents")


def test_another_forms_sealed_paper_in_its_place_does_not_verify(
    alice, patient, form, link, browser, template
):
    browser.post(link, SIGNED)
    with alice.at_work():
        second = create_template(by=alice.actor, name="Photo", purpose="Care", body="I agree.")
        send_forms(by=alice.actor, patient_id=patient.pk, form_template_ids=[second.pk])
        other = ConsentForm.objects.exclude(pk=form.pk).get()
        browser.post(f"/sign/{secret_of(other)}", SIGNED)
        mine, theirs = (
            Path(default_storage.path(now_of(one).document.storage_name)) for one in (form, other)
        )
        assert seal.check(theirs.read_bytes()).holds
        mine.write_bytes(theirs.read_bytes())
        assert check_form(form.pk).problem == "The file was changed after it was filed."
        assert check_form(other.pk).holds
        mine.unlink()
        assert check_form(form.pk).problem == "The file is gone."
        for nothing in (
            uuid4(),
            ConsentForm.objects.create(
                patient=patient,
                template=second,
                template_version=1,
                name="x",
                purpose="x",
                body="x",
                body_sha256="x",
            ).pk,
        ):
            with pytest.raises(UnknownForm):
                check_form(nothing)


def test_another_installations_seal_is_not_ours(alice, form, link, browser, settings, tmp_path):
    browser.post(link, SIGNED)
    settings.SEAL_KEY_FILE = tmp_path / "other" / "seal.pem"
    with alice.at_work():
        assert check_form(form.pk).problem == "The seal is not this installation's."


def test_the_key_is_private_and_made_once(settings):
    first = seal.fingerprint()
    assert settings.SEAL_KEY_FILE.stat().st_mode & 0o777 == 0o600
    assert (seal.fingerprint(), len(list(settings.SEAL_KEY_FILE.parent.iterdir()))) == (first, 1)


def test_the_letter_names_neither_patient_nor_form_and_carries_no_attachment(
    alice, patient, template, form
):
    (letter,) = deliver(alice)
    assert (letter.to, letter.cc, letter.bcc, letter.attachments) == (
        ["ana@example.org"], [], [], [],
    )  # fmt: skip
    whole = letter.message().as_string()
    for secret in (patient.first_name, "Lima", patient.mrn, "1980", "Treatment", str(patient.pk),
                   str(form.pk), str(template.pk)):  # fmt: skip
        assert secret not in whole, secret
    assert letter.subject == "Northside Clinic asks for your signature"
    with alice.at_work():
        assert now_of(form).letter == "sent"
        secret = links_in(letter)[0].rpartition("/")[2]
        assert secret not in str(ConsentForm.objects.values().get())
        assert secret not in str(list(AgentRun.objects.values()) + list(Event.objects.values()))


def test_answers_to_the_letter_are_not_read_without_a_clinics_address(alice, form):
    (letter,) = deliver(alice)
    assert letter.reply_to == []
    assert "Answers to this address are not read." in letter.body


def test_answers_go_to_the_clinics_own_address(alice, form):
    alice.clinic.email = "office@example.org"
    alice.clinic.save()
    (letter,) = deliver(alice)
    assert letter.reply_to == ["office@example.org"]
    assert "or answer to office@example.org." in letter.body


def test_a_letter_is_sent_after_the_commit_only(alice, form):
    assert mail.outbox == []
    with alice.at_work():
        assert AgentRun.objects.get().status == "queued"
        assert now_of(form).letter == "queued"


def test_a_letter_that_cannot_be_delivered_is_a_persons_to_do(alice, patient, form, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for _ in range(4):
        with alice.at_work():
            AgentRun.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        deliver(alice)
    with alice.at_work():
        assert AgentRun.objects.get().status == "failed"
        assert (now_of(form).status, now_of(form).letter) == ("to_do", "failed")
        assert Task.objects.get().title == "Consent forms could not be e-mailed"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    again = alice.api("PATCH", f"/api/consent-forms/{form.pk}", {"status": "sent"})
    assert again.json()["status"] == "sent"
    assert len(deliver(alice)) == 1


def test_the_link_dies_after_use(alice, form, link, browser):
    browser.post(link, SIGNED)
    for again in (browser.get(link), browser.post(link, SIGNED),
                  browser.post(link, {"action": "decline"})):  # fmt: skip
        assert again.status_code == 410
        assert "signed already" in again.content.decode()
        assert "Ana" not in again.content.decode()
    with alice.at_work():
        assert Document.objects.count() == 1


def test_the_link_dies_after_expiry_even_before_the_chore(alice, form, link, browser):
    with alice.at_work():
        ConsentForm.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert browser.get(link).status_code == 410
    assert browser.post(link, SIGNED).status_code == 410
    with alice.at_work():
        assert now_of(form).status == "sent"
    expire_forms()
    expire_forms()
    with alice.at_work():
        assert now_of(form).status == "expired"
        assert Event.objects.filter(type="consent_form").count() == 2
    assert "run out" in browser.get(link).content.decode()


def test_a_form_sent_again_has_a_new_link_and_the_old_one_is_unknown(alice, form, link, browser):
    with alice.at_work():
        old = now_of(form).link_digest
    assert (
        alice.api("PATCH", f"/api/consent-forms/{form.pk}", {"status": "sent"}).status_code == 200
    )
    with alice.at_work():
        assert now_of(form).link_digest != old
    assert browser.get(link).status_code == 404
    new = links_in(deliver(alice)[-1])[0]
    assert browser.get(new).status_code == 200


def test_an_invented_link_is_not_there(browser):
    assert browser.get("/sign/" + "a" * 43).status_code == 404
    assert browser.get(f"/sign/{uuid4()}").status_code == 404


def test_looking_without_reading_does_not_open(alice, form, link, browser):
    assert browser.head(link).status_code == 200
    with alice.at_work():
        assert now_of(form).status == "sent"


@pytest.mark.parametrize(
    ("entered", "sentence"),
    [
        ({"name": ""}, "Type your full name."),
        ({"name": "  "}, "Type your full name."),
        ({"name": "12"}, "Type your full name."),
        ({"agree": ""}, "Tick the box if you agree, or decline below."),
        ({"strokes": "[[[1,2,3]]]"}, "The drawing cannot be read. Draw it again."),
        ({"strokes": "[[[1,-2]]]"}, "The drawing cannot be read. Draw it again."),
        ({"strokes": "{"}, "The drawing cannot be read. Draw it again."),
        ({"strokes": "[" * 90_000}, "The drawing cannot be read. Draw it again."),
        ({"strokes": f"[{[[1, 1]] * 4001}]"}, "The drawing is too detailed. Draw it again."),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_signed(
    alice, form, link, browser, entered, sentence
):
    answer = browser.post(link, SIGNED | entered)
    assert (answer.status_code, sentence in answer.content.decode()) == (422, True)
    with alice.at_work():
        assert now_of(form).status == "in_progress"
        assert not Document.objects.exists()


def test_declining_tells_the_clinic_why(alice, form, link, browser):
    done = browser.post(link, {"action": "decline", "reason": "Too\nearly"})
    assert "You declined" in done.content.decode()
    answer = alice.api("GET", f"/api/consent-forms/{form.pk}").json()
    assert (answer["status"], answer["reason"]) == ("declined", "Too early")
    assert answer["evidence"]["declined"]["ip"] == "203.0.113.7"
    assert browser.get(link).status_code == 410


def test_a_withdrawn_form_cannot_be_signed(alice, form, link, browser):
    alice.api("PATCH", f"/api/consent-forms/{form.pk}", {"status": "withdrawn", "reason": "Wrong"})
    assert browser.post(link, SIGNED).status_code == 410
    with alice.at_work():
        assert now_of(form).status == "withdrawn"


def test_a_file_that_cannot_be_recorded_is_removed(alice, form, link, browser, monkeypatch):
    monkeypatch.setattr("consents.signing.move", _fail)
    with pytest.raises(RuntimeError):
        browser.post(link, SIGNED)
    with alice.at_work():
        assert not Document.objects.exists()
        assert files_astray() == 0
        assert now_of(form).status == "sent"


def _fail(*_, **__):
    raise RuntimeError


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_at_once_one_has_signed(alice, form, link):
    def sign(_):
        try:
            return Client().post(link, SIGNED).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(sign, range(3))) == [200, 410, 410]
    with alice.at_work():
        assert Document.objects.count() == 1
        assert files_astray() == 0
        assert len(stored_names()) == 1
        assert Event.objects.filter(type="consent_form", op="update").count() == 2


def test_the_signed_paper_shows_in_the_portal(alice, form, link, browser):
    browser.post(link, SIGNED)
    with alice.at_work():
        document = now_of(form).document
    page = alice.client.get(f"/documents/{document.pk}")
    assert (page.status_code, document.name in page.content.decode()) == (200, True)
    picture = alice.api("GET", f"/api/documents/{document.pk}/pages/1.png")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    listed = alice.api("GET", f"/api/documents?patient_id={document.patient_id}").json()
    assert [row["kind"] for row in listed] == ["consent_form"]


def test_a_form_that_changed_since_it_was_looked_at_does_not_move(alice, form):
    """Whoever holds an old copy of a form is told, and nothing is written over."""
    with alice.at_work():
        old = now_of(form)
        ConsentForm.objects.filter(pk=form.pk).update(status="declined", reason="No")
        with pytest.raises(IllegalMove, match="declined"), change(by=alice.actor) as record:
            move(old, "withdrawn", record, reason="Wrong form")
        assert (now_of(form).status, now_of(form).reason) == ("declined", "No")
        assert not AuditEntry.objects.filter(action="consent_form.withdrawn").exists()


@pytest.mark.parametrize("way", ["open", "sign", "decline"])
def test_a_link_that_is_replaced_while_it_is_used_does_nothing(alice, form, link, monkeypatch, way):
    """The form is sent again between our look at it and our turn."""
    visitor, secret = Visitor("203.0.113.7", PHONE), link.rpartition("/sign/")[2]
    from consents import signing

    with alice.at_work():
        if way != "open":
            open_form(secret=secret, visitor=visitor)
        hold = signing.locked

        def later(form_id):
            monkeypatch.setattr(signing, "locked", hold)
            send_again(form_id=form_id, by=alice.actor)
            return hold(form_id)

        monkeypatch.setattr(signing, "locked", later)
        with pytest.raises(UnknownForm):
            if way == "open":
                open_form(secret=secret, visitor=visitor)
            elif way == "sign":
                sign_form(secret=secret, hand=Hand("Ana Lima"), visitor=visitor)
            else:
                decline_form(secret=secret, reason="No", visitor=visitor)
        assert not Document.objects.exists()
        assert files_astray() == 0
        assert now_of(form).status in ("sent", "in_progress")


def test_the_paper_has_the_clinics_time_in_its_words_and_its_name(
    alice, form, link, browser, monkeypatch
):
    """Half past four in the morning of Greenwich is the evening before in New York."""
    late = (timezone.now() + timedelta(days=1)).replace(hour=4, minute=30)
    local = late.astimezone(alice.clinic.tzinfo)
    monkeypatch.setattr(timezone, "now", lambda: late)
    assert browser.post(link, SIGNED).status_code == 200
    with alice.at_work():
        document = now_of(form).document
        with default_storage.open(document.storage_name) as stream:
            text = text_of(stream.read())
        assert document.name == f"Treatment consent signed {local:%Y-%m-%d}.pdf"
    said = f"{local.day} {local:%B %Y, %H:%M:%S}"
    assert local.date() < late.date()
    assert text.count(said) >= 2
    assert f"{late:%B %Y}, 04:30" not in text


@pytest.mark.parametrize("status", [one for one in ConsentStatus.values if one != "signed"])
def test_a_link_opens_until_its_last_moment_and_then_only_time_ends_it(alice, form, status):
    with alice.at_work():
        end = now_of(form).expires_at
        with_patient = status in ("sent", "in_progress")
        one = now_of(form)
        one.status = status
        assert one.is_with_patient(end - timedelta(microseconds=1)) is with_patient
        assert one.is_with_patient(end) is False
        one.expires_at = None
        assert one.is_with_patient(end) is False
        past = timezone.now() - timedelta(seconds=1)
        ConsentForm.objects.filter(pk=form.pk).update(status=status, expires_at=past)
        expire_forms()
        ended = now_of(form)
        assert ended.status == ("expired" if with_patient else status)
        assert (ended.ended_at is not None) is with_patient
        lines = AuditEntry.objects.filter(action="consent_form.expired")
        assert [(one.actor, one.patient_id) for one in lines] == (
            [("Backline", form.patient_id)] if with_patient else []
        )
        told = [one.doc["status"] for one in Event.objects.filter(type="consent_form")]
        assert told.count("expired") == int(with_patient)


def test_a_form_that_is_not_over_yet_is_left_by_the_chore(alice, form):
    with alice.at_work():
        soon = timezone.now() + timedelta(hours=1)
        ConsentForm.objects.filter(pk=form.pk).update(expires_at=soon)
        expire_forms()
        assert now_of(form).status == "sent"

"""Jobs of a day in a real browser that need the live server: counted as PRODUCT's table counts."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import connections
from django.utils import timezone
from playwright.sync_api import Page, expect

from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from clinic.realtime.tests.conftest import live, live_server_process  # noqa: F401
from conftest import make_person
from documents.models import Document, DocumentStatus
from documents.tests.papers import made_document
from patients.models import LabResult, Patient
from tasks.actions import comment_on_task, create_task
from tasks.models import Task

pytestmark = [needs_browser, pytest.mark.browser]
WIDE = {"viewport": {"width": 1280, "height": 900}}
COUNT_PRESSES = """
for (const kind of ["click", "keydown"]) document.addEventListener(kind, (event) => {
  if (!event.isTrusted) return;
  sessionStorage.setItem(kind, Number(sessionStorage.getItem(kind) ?? 0) + 1);
}, { capture: true });
"""


def sign_in(browser, url, person) -> Page:
    page = signed_in(browser, url, person.user.email, person.password, **WIDE)
    page.context.add_init_script(COUNT_PRESSES)
    return page


def pressed(page: Page, kind: str) -> int:
    return int(page.evaluate(f"Number(sessionStorage.getItem('{kind}') ?? 0)"))


def aside(work):
    """What ``work`` gives, in a thread of its own: the browser's loop runs in the test's thread."""

    def done():
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(done).result()


def add_patient(person, **given):
    fields = {"mrn": "100003", "first_name": "James", "last_name": "Smith"}
    with person.at_work():
        return Patient.objects.create(**fields | {"dob": date(1962, 11, 5)} | given)


def test_a_doctor_is_one_click_from_the_box_and_who_accepted_it(live, alice):  # noqa: F811
    smith = add_patient(alice)
    doctor = make_person(alice.clinic, "dora@example.org", "Dora Day", "doctor")
    with alice.at_work():
        paper = made_document(smith, {"LDL": 148, "HDL": 50}, status=DocumentStatus.INGESTED)
        accepted = {"accepted_by": alice.user, "accepted_label": "Alice Adams"}
        LabResult.objects.filter(source_document_id=paper.pk).update(**accepted)
    with launched() as browser:
        page = sign_in(browser, live.origin, doctor)
        page.goto(f"{live.origin}/patients/{smith.pk}")
        row = page.locator("#labs tbody tr", has_text="HDL")
        expect(row.locator("a.source")).to_have_attribute("title", re.compile("by Alice Adams"))
        row.locator("a.source").click()
        page.wait_for_url(re.compile(f"/documents/{paper.pk}"))
        box = page.locator("[data-box].active")
        expect(box).to_have_count(1)
        expect(box).to_have_attribute("data-box", "f2")
        assert (pressed(page, "click"), pressed(page, "keydown")) == (1, 0)
        keep_picture(page, "day-source")


def owners(person):
    """Whose the one document, its value and its task are."""
    with person.at_work():
        entry = LabResult.objects.get(is_current=True)
        return Document.objects.get().patient_id, entry.patient_id, Task.objects.get().patient_id


def test_a_document_moves_in_three_steps_with_all_that_follows_it(live, alice, bob):  # noqa: F811
    smith, jones = add_patient(alice), add_patient(alice, mrn="2", first_name="Anna")
    with alice.at_work():
        paper = made_document(smith, {"LDL": 148}, status=DocumentStatus.INGESTED)
        task = create_task(title="Ring", by=alice.actor, patient_id=smith.pk)
        Task.objects.filter(pk=task.pk).update(document_id=paper.pk)
        comment_on_task(task_id=task.pk, text="No answer", by=alice.actor)
    with launched() as browser:
        page = sign_in(browser, live.origin, bob)
        page.goto(f"{live.origin}/documents/{paper.pk}/move?patient_q=Anna")
        page.locator(f"input[name=patient_id][value='{jones.pk}']").check()
        page.get_by_role("button", name="Next: what follows").click()
        preview = page.locator("form[method=post].card")
        expect(preview).to_contain_text("1 charted value")
        expect(preview).to_contain_text("LDL")
        expect(preview).to_contain_text("with 1 comment")
        assert aside(lambda: owners(alice)) == (smith.pk, smith.pk, smith.pk)
        page.get_by_role("button", name="Move", exact=True).click()
        page.wait_for_url(re.compile(f"/documents/{paper.pk}$"))
        assert pressed(page, "click") == 3
        assert aside(lambda: owners(alice)) == (jones.pk, jones.pk, jones.pk)
        page.locator("[data-undo]").first.click()
        expect(page.locator("#document-head")).to_contain_text("James Smith", timeout=10_000)
    assert owners(alice) == (smith.pk, smith.pk, smith.pk)


def test_likely_duplicates_appear_while_a_name_is_typed(live, alice, bob):  # noqa: F811
    add_patient(alice)
    with launched() as browser:
        page = sign_in(browser, live.origin, bob)
        page.goto(f"{live.origin}/patients/new")
        page.locator("[name=first_name]").press_sequentially("James")
        found = page.locator("#duplicates")
        expect(found).not_to_contain_text("Already on file?")
        page.locator("[name=last_name]").press_sequentially("Smith")
        expect(found).to_contain_text("same name")
        for name, value in (("dob_day", "5"), ("dob_month", "11"), ("dob_year", "1962")):
            page.locator(f"[name={name}]").press_sequentially(value)
        expect(found).to_contain_text("same name and same date of birth")
        assert pressed(page, "click") == 0
        keep_picture(page, "day-duplicates")


class Wire:
    """The pages' sockets, which can be cut and mended."""

    def __init__(self, page: Page) -> None:
        self.cut_off, self.open = False, []
        page.route_web_socket(re.compile("/ws/"), self._connect)

    def _connect(self, socket) -> None:
        if self.cut_off:
            socket.close(code=1001)
            return
        socket.connect_to_server()
        self.open.append(socket)

    def cut(self) -> None:
        self.cut_off = True
        for socket in self.open:
            socket.close(code=1001)
        self.open.clear()


def test_a_dropped_socket_is_shown_and_the_page_polls_and_converges(live, alice, bob):  # noqa: F811
    with launched() as browser:
        page = sign_in(browser, live.origin, bob)
        wire = Wire(page)
        asked = []
        page.on("request", lambda sent: asked.append(sent.url) if "/api/events" in sent.url else 0)
        page.goto(f"{live.origin}/tasks")
        page.evaluate("window.neverReloaded = true")
        light, rows = page.locator(".side [data-live-indicator]"), page.locator("[data-rows] tr")
        expect(light).to_contain_text("Live")

        def add(title: str) -> None:
            with alice.at_work():
                create_task(title=title, by=alice.actor)

        def hear_of(title: str, total: int) -> None:
            aside(lambda: add(title))
            expect(rows.first).to_contain_text(title, timeout=20_000)
            expect(rows).to_have_count(total)

        hear_of("By socket", 1)
        assert asked == []
        wire.cut()
        expect(light).to_contain_text("Reconnecting", timeout=10_000)
        hear_of("By asking", 2)
        assert asked
        keep_picture(page, "day-socket-dropped")
        wire.cut_off = False
        expect(light).to_contain_text("Live", timeout=40_000)
        page.wait_for_timeout(500)
        asked.clear()
        hear_of("By socket again", 3)
        page.wait_for_timeout(6_000)
        assert asked == []
        assert page.evaluate("window.neverReloaded === true")


def test_an_admin_sees_how_the_day_goes_with_one_click(live, alice):  # noqa: F811
    smith = add_patient(alice)
    with alice.at_work():
        made_document(smith, {"LDL": 148})
        create_task(title="Call the payer", due_at=timezone.now(), by=alice.actor)
    with launched() as browser:
        page = sign_in(browser, live.origin, alice)
        page.goto(f"{live.origin}/")
        page.get_by_role("link", name="The day", exact=True).click()
        expect(page.get_by_role("heading", name="How the day goes")).to_be_visible()
        assert pressed(page, "click") == 1
        for part in ("1 to review", "Call the payer", "Failed sign-ins", "Agent runs"):
            expect(page.locator("#day")).to_contain_text(part)
        keep_picture(page, "day")

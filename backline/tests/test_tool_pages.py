"""Pages for programmers and operators in a real browser: they work under our content policy."""

import pytest
from playwright.sync_api import Page, expect

from backline.tests.browser import keep_picture, launched, needs_browser, signed_in
from backline.tests.installation import PASSWORD, installed
from documents.samples import people

pytestmark = [needs_browser, pytest.mark.browser]
ROOT = "root@example.org"


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tools")
    folder.chmod(0o755)
    with installed(folder / "var") as running:
        yield running


@pytest.fixture(scope="module")
def alice(installation):
    client = installation.register()
    client.add_patient(people.ALEX)
    return client


@pytest.fixture(scope="module")
def root(installation):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
        made = installation.manage(
            "createsuperuser", "--no-input", "--email", ROOT, "--name", "Olga Operator"
        )
    assert made.returncode == 0, made.stderr
    return ROOT


@pytest.fixture(scope="module")
def browser():
    with launched() as found:
        yield found


def watched(page: Page) -> list[str]:
    """Errors of the page, refusals by the content policy among them."""
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_swagger_shows_every_operation_and_tries_one(browser, installation, alice, theme):
    page = browser.new_context(color_scheme=theme).new_page()
    problems = watched(page)
    page.goto(f"{installation.url}/api/docs")
    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    described = alice.get("/schema")["paths"]
    assert page.locator(".opblock").count() == sum(len(item) for item in described.values())
    page.click("button.authorize")
    page.fill(".auth-container input[type=text]", alice.token)
    page.click(".auth-container button.authorize")
    page.click(".btn-done")
    block = page.locator(".opblock-get", has_text="/api/auth/me")
    block.locator("button.opblock-summary-control").click()
    block.locator("button.try-out__btn").click()
    block.locator("button.execute").click()
    status = block.locator(".live-responses-table tbody .response-col_status")
    expect(status).to_contain_text("200")
    expect(block.locator(".live-responses-table")).to_contain_text(alice.email)
    keep_picture(page, f"swagger-{theme}")
    assert problems == []


def test_the_browsable_api_reads_and_writes_with_the_pages_session(browser, installation, alice):
    page = signed_in(browser, installation.url, alice.email, PASSWORD)
    problems = watched(page)
    page.goto(f"{installation.url}/api/patients")
    expect(page.locator(".response-info")).to_contain_text("HTTP 200 OK")
    expect(page.locator(".response-info")).to_contain_text("Rodriguez")
    keep_picture(page, "browsable")
    page.goto(f"{installation.url}/api/tasks")
    page.fill("textarea[name=_content]", '{"title": "From the browsable API"}')
    page.click("form:has(textarea[name=_content]) button:has-text('POST')")
    expect(page.locator(".response-info")).to_contain_text("HTTP 201 Created")
    assert [task["title"] for task in alice.get("/tasks")] == ["From the browsable API"]
    assert problems == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_operator_works_in_the_clinic_they_choose(browser, installation, alice, root, theme):
    page = signed_in(browser, f"{installation.url}", root, PASSWORD, color_scheme=theme)
    problems = watched(page)
    page.goto(f"{installation.url}/admin/")
    expect(page.locator("#user-tools")).to_contain_text("No clinic chosen")
    keep_picture(page, f"admin-index-{theme}")
    page.click("#content-main >> text=Members")
    expect(page.locator("h1")).to_have_text("Choose a clinic")
    keep_picture(page, f"admin-choose-{theme}")
    page.get_by_role("button", name="Work in Northside Clinic").first.click()
    expect(page.locator("#result_list")).to_contain_text(alice.email)
    expect(page.locator("#user-tools")).to_contain_text("In Northside Clinic")
    keep_picture(page, f"admin-members-{theme}")
    page.click("#result_list tbody th a")
    page.select_option("[name=role]", "admin")
    keep_picture(page, f"admin-member-{theme}")
    page.click("[name=_save]")
    expect(page.locator(".messagelist")).to_contain_text("was changed successfully")
    page.goto(f"{installation.url}/admin/clinic/auditentry/?q=operator.open")
    expect(page.locator("#result_list")).to_contain_text("Olga Operator (operator)")
    keep_picture(page, f"admin-audit-{theme}")
    page.goto(f"{installation.url}/admin/agents/agentrun/")
    page.goto(f"{installation.url}/admin/axes/accessattempt/?locked=now")
    assert problems == []

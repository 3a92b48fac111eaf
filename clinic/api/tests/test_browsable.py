"""The browsable API: the same answers on a page, for who is signed in to the portal."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/patients", "/api/tasks", "/api/dashboard/stats"])
def test_a_list_is_shown_as_a_page(alice, path):
    answer = alice.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "HTTP 200 OK" in answer.content.decode()


def test_an_error_is_shown_as_a_page_too(alice):
    answer = alice.client.get("/api/patients?limit=x", headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "Give a whole number" in answer.content.decode()

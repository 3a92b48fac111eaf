"""Which pages each role may open, and that those refused show nothing of what they hold."""

import pytest
from django.urls import NoReverseMatch, reverse

from backline.tests.shown_pages import PARTS, page_names
from conftest import make_person

pytestmark = pytest.mark.django_db
ADMINS_ONLY = {"audit", "audit_export", "day", "members", "settings"}
REFUSED = {
    "admin": set(),
    "doctor": ADMINS_ONLY,
    "staff": ADMINS_ONLY | {"form_template_new"},
}


def answers(person):
    """The answer of every page without an id, by its name."""
    browser, found = person.client, {}
    for name in sorted({*page_names(), "audit_export"} - (PARTS - {"audit_export"})):
        try:
            found[name] = browser.get(reverse(name))
        except NoReverseMatch:
            continue
    return found


@pytest.mark.parametrize("role", sorted(REFUSED))
def test_a_role_opens_its_pages_and_a_refused_one_shows_nothing(role, alice, clinic):
    person = make_person(clinic, "dana@example.org", "Dana Diaz", role)
    found = answers(person)
    refused = {name for name, answer in found.items() if answer.status_code == 403}
    assert refused == REFUSED[role]
    assert {answer.status_code for answer in found.values()} <= {200, 302, 403}
    for name in refused:
        assert "alice@example.org" not in found[name].content.decode()


def test_what_is_refused_would_have_shown_the_members(alice):
    assert "alice@example.org" in alice.client.get(reverse("members")).content.decode()

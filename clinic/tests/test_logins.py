"""Who a token or a session stands for, as the rows are now."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.current import enter_clinic
from clinic.logins import (
    NotAMember,
    NotSignedIn,
    end_session,
    login_from_token,
    login_of_session,
    login_of_user,
    renew_session,
    start_session,
)
from clinic.models import Clinic, LoginSession, Membership, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(bob):
    return start_session(bob.user, bob.clinic.pk, user_agent="curl/8 " * 60)


@pytest.fixture
def session(bob, tokens):
    return LoginSession.objects.get(user=bob.user)


def end_membership(person):
    with enter_clinic(person.clinic.pk):
        Membership.objects.filter(user=person.user).update(is_active=False)


ENDS = {
    "session ended": (NotSignedIn, lambda bob, session: end_session(session.pk)),
    "session expired": (
        NotSignedIn,
        lambda bob, session: LoginSession.objects.filter(pk=session.pk).update(
            expires_at=timezone.now() - timedelta(days=1)
        ),
    ),
    "person deactivated": (
        NotSignedIn,
        lambda bob, session: User.objects.filter(pk=bob.user.pk).update(is_active=False),
    ),
    "membership ended": (NotAMember, lambda bob, session: end_membership(bob)),
    "clinic closed": (
        NotAMember,
        lambda bob, session: Clinic.objects.filter(pk=bob.clinic.pk).update(is_active=False),
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_token_is_good_until_what_it_rests_on_ends(bob, tokens, session, end):
    what, act = ENDS[end]
    asked = (session.pk, bob.user.pk, bob.clinic.pk)
    assert login_from_token(tokens.token).user == bob.user
    assert login_of_session(*asked).role == bob.role
    act(bob, session)
    with pytest.raises(what):
        login_of_session(*asked)
    with pytest.raises(what):
        login_from_token(tokens.token)


@pytest.mark.parametrize("end", ["person deactivated", "membership ended", "clinic closed"])
def test_a_page_is_good_until_what_it_rests_on_ends(bob, session, end):
    what, act = ENDS[end]
    assert login_of_user(bob.user.pk, bob.clinic.pk).user == bob.user
    act(bob, session)
    with pytest.raises(what):
        login_of_user(bob.user.pk, bob.clinic.pk)


def test_a_session_of_another_person_or_clinic_stands_for_nobody(alice, bob, charlie, session):
    with pytest.raises(NotSignedIn):
        login_of_session(session.pk, alice.user.pk, bob.clinic.pk)
    with pytest.raises(NotAMember):
        login_of_session(session.pk, bob.user.pk, charlie.clinic.pk)
    for named in (str(charlie.clinic.pk), "nonsense"):
        with pytest.raises(NotAMember):
            login_from_token(start_session(bob.user, bob.clinic.pk).token, named)


def test_renewing_puts_the_end_off_and_spends_the_token(bob, tokens, session, settings):
    soon = timezone.now() + timedelta(minutes=1)
    LoginSession.objects.filter(pk=session.pk).update(expires_at=soon)
    renewed = renew_session(tokens.refresh)
    session.refresh_from_db()
    assert session.expires_at > soon + settings.JWT_REFRESH_TTL - timedelta(minutes=2)
    assert login_from_token(renewed.token).session_id == session.pk
    with pytest.raises(NotSignedIn):
        renew_session(tokens.refresh)
    session.refresh_from_db()
    assert session.ended_at is not None
    for raw in (renewed.refresh, tokens.refresh):
        with pytest.raises(NotSignedIn):
            renew_session(raw)
    with pytest.raises(NotSignedIn):
        login_from_token(renewed.token)


@pytest.mark.parametrize("end", ["session ended", "session expired", "person deactivated"])
def test_what_has_ended_is_not_renewed(bob, tokens, session, end):
    ENDS[end][1](bob, session)
    before = LoginSession.objects.values("refresh_id", "expires_at").get(pk=session.pk)
    with pytest.raises(NotSignedIn):
        renew_session(tokens.refresh)
    assert LoginSession.objects.values("refresh_id", "expires_at").get(pk=session.pk) == before


def test_ending_twice_keeps_the_first_end_and_a_long_name_is_cut(session):
    end_session(session.pk)
    first = LoginSession.objects.get(pk=session.pk).ended_at
    end_session(session.pk)
    assert LoginSession.objects.get(pk=session.pk).ended_at == first
    assert session.user_agent == ("curl/8 " * 60)[:200]

"""Who may do what: one named rule for each kind of action, asked by the API and the pages.

A rule says which roles of the clinic may; each app's ``permissions.py`` names its own. Whether a
row belongs to the clinic is not asked here: another clinic's row is simply not there.
"""

from __future__ import annotations

from dataclasses import dataclass

from clinic.logins import Login
from clinic.models import Role

EVERYONE = frozenset({Role.ADMIN, Role.DOCTOR, Role.STAFF})
CLINICIANS = frozenset({Role.ADMIN, Role.DOCTOR})
ADMINS = frozenset({Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Rule:
    """A named permission. ``what`` completes "may ..." in a sentence."""

    what: str
    roles: frozenset[Role] = EVERYONE

    def __call__(self, login: Login) -> bool:
        """Whether this login may."""
        return login.role in self.roles

    @property
    def sentence(self) -> str:
        """The rule in words, for the API's description."""
        if self.roles == EVERYONE:
            return f"Every member of the clinic may {self.what}."
        names = " and ".join(sorted(f"{role.label.lower()}s" for role in self.roles))
        return f"Only {names} may {self.what}."


may_see_own_login = Rule("see who is signed in")
may_read_dashboard = Rule("read the dashboard")
may_follow_events = Rule("follow the clinic's events")
may_manage_members = Rule("add, change and remove members", ADMINS)
may_change_clinic = Rule("change the clinic's settings", ADMINS)
may_read_audit = Rule("read the audit", ADMINS)

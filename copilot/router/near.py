"""What to offer when a question was not understood: what can be asked that is nearest to it. Pure.

Every offer is a question that the rules do understand, as a link that asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote_plus

from copilot.router.saying import bullets, clean, link
from copilot.router.wording import mend

MOST = 3
SHORTEST_STEM = 3
EMPTY = frozenset(
    """the and for what about that this these those are was has had have does did can could will
    would you your our they them then there with from how why who when where which""".split()  # noqa: SIM905
)
"""Words that say nothing of what is meant."""
ANYBODY = (
    ("what needs me now", "urgent first next priority priorities todo busy important morning"),
    ("today's appointments", "visit visits schedule calendar patients coming day booked waiting"),
    ("free times next week", "slot slots opening openings available availability earliest book"),
    ("my open tasks", "task todo todos list work reminder assigned job"),
    ("what is overdue", "late due deadline task tasks behind"),
    ("documents that need review", "document paper papers fax scan inbox reading upload file"),
    ("lab reports that came in this week", "lab labs report result results blood document"),
    ("denied claims", "claim claims denial rejected appeal payer insurer insurance"),
    ("why do payers deny", "denial denials reason reasons denied payer most"),
    ("how much money is outstanding", "owed owe paid unpaid bill billing money aging revenue"),
    ("which consents are unsigned", "consent form forms sign signature signed release"),
    ("planned calls", "call calls phone telephone called ring"),
    ("failed agent runs", "agent agents run robot extraction reading failed stuck error"),
    ("what happened lately", "activity news changed recent events history yesterday"),
    ("who works here", "staff doctors team member members nurse provider colleague"),
    ("how many patients do we have", "numbers figures statistics count total stats"),
    ("help", "what can able commands examples"),
)
OF_PATIENT = (
    ("summarise this patient", "summary overview story chart background tell about know doing"),
    ("what changed since the last visit", "changed new different update news since last"),
    ("abnormal results of this patient", "lab labs blood test result results abnormal high low"),
    ("medications of this patient", "medicine meds drug drugs pills taking prescription dose"),
    ("allergies of this patient", "allergy allergic reaction penicillin latex"),
    ("problems of this patient", "condition diagnosis disease illness problem has suffer"),
    ("vaccinations of this patient", "vaccine shot shots immunization jab flu covid tetanus"),
    ("phone number of this patient", "contact address email reach number call birthday born"),
    ("insurance of this patient", "insurance coverage plan member card payer"),
    ("next visit of this patient", "appointment visit booked coming back next when schedule"),
    ("claims of this patient", "claim bill billing paid denied money"),
)
OF_DOCUMENT = (
    ("why does this document need review", "review why wrong doubtful check problem reason"),
    ("what was read from this document", "read say says value values content about what"),
)
OF_CLAIM = (
    ("what happened with this claim", "status happened timeline denied paid where"),
    ("draft an appeal letter", "letter appeal write answer fight dispute reply"),
)
OF_TASK = (("explain this task", "task about why what explain mean"),)
BY_PAGE = {"patient": OF_PATIENT, "document": OF_DOCUMENT, "claim": OF_CLAIM, "task": OF_TASK}


def nearest(asked: str, page: Iterable[str]) -> list[str]:
    """Questions near to what was asked, likeliest first; those of the open page before others."""
    words = _stems(mend(asked))
    here = [one for kind in sorted(page) for one in BY_PAGE[kind]]
    offers = [*here, *ANYBODY]
    scored = [
        (len(words & _stems(f"{question} {about}")), -place, question)
        for place, (question, about) in enumerate(offers)
    ]
    fitting = [question for score, _, question in sorted(scored, reverse=True) if score]
    usual = [question for question, _ in (*here[:2], *ANYBODY[:3])]
    return list(dict.fromkeys([*fitting, *usual]))[:MOST]


def offer(asked: str, page: Iterable[str]) -> str:
    """The offers as a list of links, each of which asks its question."""
    return bullets(ask_link(question) for question in nearest(asked, page))


def ask_link(question: str) -> str:
    """A link that asks something; only for words of our own, since it stands in an address."""
    return link(
        clean(question[:1].upper() + question[1:]), f"/copilot?question={quote_plus(question)}"
    )


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return {one.rstrip("s")[:5] for one in words if len(one) >= SHORTEST_STEM} - EMPTY

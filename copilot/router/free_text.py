"""Words that are kept as they were written: a task's title, a remark, what to search for. Pure."""

from __future__ import annotations

import re

from copilot.router.slots import Sentence
from copilot.router.when import Span

SEARCH = re.compile(
    r"^(?:i am |i'm |we are )?(?:(?:find|search|looking for|searching for(?: for)?|look ?up|look"
    r" for|locate|do we have|who has|is there|show|get"
    r"|pull up|give me)\s+)?(?:me\s+)?(?:(?:a|an|the|any|all|our|for)\s+)*"
    r"(?:(?:patients?|someone|somebody|persons?|anyone|guy|lady|man|woman)\s*)?"
    r"(?:(?:named|called|with|by(?: the)? name(?: of)?|born(?: on)?|whose name is|mrn"
    r"|phone(?: number)?|number|e-?mail(?: address)?|dob|date of birth|is|the|a|last name|surname"
    r"|first name|for)\s+)*",
    re.IGNORECASE,
)
FOLLOWS = re.compile(
    r"^(?:(?:and|also|now|but|then|ok|okay|or|no),? +)*(?:(?:what|how) about +)?", re.IGNORECASE
)
"""How a sentence takes up the one before: and Yolanda?"""
TITLES = (
    re.compile(
        r"^(?:make|create|add|new|open|set up|start)\b.*?\b(?:tasks?|to-?dos?|reminder)\b"
        r"(?P<who> for [^:]*?)?\s*(?::|,|-|—)?\s*"
        r"(?:called |titled |that says |saying |about |to |that )?(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:new |add |another )?(?:task|to-?do|reminder)\b(?P<who> for [^:]*(?=:))?"
        r" ?(?::|to\b|[-–—])?\s*(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:(?:(?:need|want|get|have|ask) )?(?:someone|somebody|a person|we|anyone)"
        r"(?: (?:needs?|has|have|must|should|ought))?(?: to)?"
        r"|(?:note|memo) to (?P<who>self|me|myself)\s*[:,-]?|do not (?:let me )?forget to"
        r"|never forget to|remember to)\s+(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^(?:jot|write|put|take|log|note) (?:down |in )?(?:a |an )?(?:new )?"
        r"(?:tasks?|reminder|to-?do)\b[:, -]*(?:to |that )?(?P<rest>.+)$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^remind (?P<who>\S+?(?: \S+)??)(?: .*?)??\s+(?:to|about|that)\s+(?P<rest>.+)$",
        re.IGNORECASE,
    ),
)
REMARK = (
    re.compile(r"^[^:]*:\s*(?P<rest>.+)$", re.S),
    re.compile(r"\b(?:that|saying|says)\s+(?P<rest>.+)$", re.I),
    re.compile(r"[\"“](?P<rest>.+)[\"”]"),
)
URGENCY = re.compile(
    r"(?:,|;|\s+-|\s+with|\s+at)?\s*\(?\b(?:urgent|(?:very )?(?:high|medium|low)(?:[-"
    r" ]prio(?:rity)?))\b\)?[.! ]*$",
    re.IGNORECASE,
)
DUE = re.compile(r"\s*(?:,\s*)?\b(?:by|due(?: on| by)?|until|before|on|for)?\s*$", re.IGNORECASE)
TEMPLATE = re.compile(
    r"\b(?:send|resend|e-?mail|text|mail|hand)\b\s+(?:(?:her|him|them|out|over)\s+)*"
    r"(?:the |a |an |our )?(?P<rest>.+?)(?:\s+(?:consent )?forms?)?"
    r"(?:\s+(?:over )?(?:to|for)\s+(?:her|him|them|·+.*|(?:the|this) patient.*))?$",
    re.IGNORECASE,
)
PURPOSE = re.compile(
    r"\b(?:about|regarding|re|concerning|because of|to discuss|for)\s+(?P<rest>.+)$", re.IGNORECASE
)


def search_in(sentence: Sentence) -> str:
    """What to look for: what is left when the asking is taken away."""
    text = FOLLOWS.sub("", sentence.text.strip(" ?!."), count=1)
    rest = text[match.end() :] if (match := SEARCH.match(text)) else text
    return rest.strip(" ?!.,\"'") or text


def title_in(sentence: Sentence, due: Span | None) -> tuple[str, str | None, bool]:
    """(title, name of who shall do it, whether the person who asks shall) of a new task."""
    text = sentence.text.strip()
    found = next((match for pattern in TITLES if (match := pattern.match(text))), None)
    rest = found["rest"] if found else text
    offset = found.start("rest") if found else 0
    who = (found.groupdict().get("who") or "").removeprefix(" for ").strip() if found else ""
    assignee, mine = None, who.lower() in ("me", "myself", "self")
    if who and not mine:
        assignee = next((name for name in sentence.people if name in who), None)
        if assignee is None and (doctor := sentence.slots.get("doctor")) and doctor in who:
            assignee = doctor
    if due is not None:
        start, end = due.place[0] - offset, due.place[1] - offset
        if start >= 0 and rest[end:].strip(" .!") == "":
            rest = DUE.sub("", rest[:start])
        elif start == 0:
            rest = re.sub(r"^\s*(?:to|:)?\s*", "", rest[end:])
    if not assignee and (doer := _doer(rest, sentence)):
        assignee, rest = doer, rest[len(doer) :].removeprefix(" to ")
    rest = re.sub(r"^(?:for|about)\s+(?:me\s+)?to\s+", "", rest)
    rest = URGENCY.sub("", rest).strip(" .,;") if not URGENCY.fullmatch(rest) else rest
    if due is not None and (place := sentence.text[slice(*due.place)]) and rest.endswith(place):
        rest = DUE.sub("", rest.removesuffix(place)).strip(" .,;") or rest
    return rest, assignee, mine


def _doer(rest: str, sentence: Sentence) -> str | None:
    """Who shall do it, in "for Ana to order gloves" without its "for"."""
    names = [*sentence.people, sentence.slots.get("doctor") or ""]
    return next((name for name in names if name and rest.startswith(f"{name} to ")), None)


def remark_in(sentence: Sentence) -> str:
    """The words of a comment or note."""
    for pattern in REMARK:
        if found := pattern.search(sentence.text):
            return str(found["rest"]).strip()
    return ""


def topic_in(sentence: Sentence, what: str) -> str:
    """The name of a form, or what a call is about."""
    text = sentence.text.strip(" ?!.")
    if what == "purpose":
        found = PURPOSE.search(text)
        return str(found["rest"]).strip() if found else ""
    if "who" in sentence.places:
        start, end = sentence.places["who"]
        text = f"{text[:start]}{'·' * (end - start)}{text[end:]}"
    found = TEMPLATE.search(text)
    return str(found["rest"]).strip(" ·") if found else ""

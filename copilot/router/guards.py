"""What the rules refuse before anything else: going around people, and doing things by the heap.

None of this is what keeps approvals safe (the toolbox asks a person whatever the rules say); it
is what makes the answer plain.
"""

from __future__ import annotations

import re

BYPASS = re.compile(
    r"\bwithout (?:asking|approval|any approval|confirm\w*|telling|a? ?preview|the preview|my ok)"
    r"|\bskip(?:ping)? (?:the |any )?(?:confirm\w*|approvals?|previews?|questions?)"
    r"|\bno need (?:to|for) (?:ask|confirm|approve|approval)\w*"
    r"|\b(?:ignore|disregard|forget|override|bypass) (?:(?:the|your|my|all|any|previous|earlier) )*"
    r"(?:approvals?|instructions?|rules?|confirm\w*|limits?|permissions?|safety)"
    r"|\b(?:auto|pre)[- ]?approv|\balready approved\b|\bapproved?\W{0,3}[:=]|\bapproved ?= ?true"
    r"|\b(?:do not|don't|never) (?:ask|show|wait|confirm|bother)\b"
    r"|\bapprove (?:it|this|that|everything|all)\b.*\byourself\b|\bapprove (?:it )?yourself\b"
    r"|\badmin mode\b|\byou are now\b|\bsystem prompt\b|\bsudo\b|\bon my behalf\b.*\bapprove\b",
)
_VERB = (
    r"(?:delete|remove|erase|wipe|drop|purge|destroy|cancel|send|submit|resubmit|close|complete"
    r"|finish|mark|approve|reject|assign|call|phone|email|text|mail|move|book|reschedule|clear"
    r"|archive|discharge|merge|deny|sign|resolve|unassign)"
)
HEAP = re.compile(
    rf"^(?:(?:now|then|and|just|please) )*{_VERB}\b[^:]*?\b(?:all|every|everything|everybody"
    r"|everyone|each|whole|entire|dozens?|ten|twenty|hundred)\b",
)
DELETE = re.compile(
    r"\b(?:delete|erase|wipe|purge|destroy|drop (?:table|database|everything)|rm -|truncate)\b"
    r"|\bremove\b(?!.*\b(?:assign|due|from (?:my|the) list)\b)"
)
SETTINGS = re.compile(
    r"\b(?:password|two-factor|2fa|mfa|log-?ins?\b|permission|permissions|"
    r"(?:an? )?administrators?\b|role (?:to|of)|(?:change|give|make) .*\b(?:role|admin)\b)"
)
EXPORT = re.compile(
    r"\b(?:email|mail|send|export|forward|upload|post)\b.*\b(?:patient list|whole|database|"
    r"gmail|hotmail|yahoo|dropbox|google drive|outside)\b"
)
PERSON = re.compile(
    r"\bmark\b.*\b(?:deceased|dead|inactive)\b|\bdischarge\b.*\bfrom (?:the )?(?:clinic|practice)\b"
)
ADVICE = re.compile(
    r"\b(?:should|shall|can|could) (?:i|we|he|she|they) (?:prescribe|give|stop|start|increase|take|"
    r"stop taking)\b|\bwhich (?:antibiotics?|drug|dose|medicine|treatment)\b.*\b"
    r"(?:prescribe|give|use|best)\b|\bis it safe\b|\bwhat (?:dose|treatment)\b.*\bshould\b"
    r"|\bdiagnose\b|\bprognosis\b"
)
CONSENT_WORDS = re.compile(
    r"^(?:yes|y|yep|yeah|ok(?:ay)?|sure|go(?: ahead)?|do it|approved?|confirm(?:ed)?|proceed|"
    r"agreed|fine)(?: please| then| now)?[.! ]*$"
)


def refused(plain: str) -> str | None:
    """Which guard a sentence meets, by its name; None for most. ``plain`` is in lower case."""
    if BYPASS.search(plain):
        return "bypass"
    if CONSENT_WORDS.match(plain):
        return "approve_by_button"
    for name, pattern in (
        ("export", EXPORT),
        ("settings", SETTINGS),
        ("advice", ADVICE),
        ("chart_status", PERSON),
        ("heap", HEAP),
        ("delete", DELETE),
    ):
        if pattern.search(plain):
            return name
    return None

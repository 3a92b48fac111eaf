"""What the rules refuse before anything else: going around people, and doing things by the heap.

None of this is what keeps approvals safe (the toolbox asks a person whatever the rules say); it
is what makes the answer plain.
"""

from __future__ import annotations

import re

BYPASS = re.compile(
    r"\bwithout (?:asking|approval|any approval|confirm\w*|telling|a? ?preview|the preview|my ok)"
    r"|\bskip(?:ping)? (?:the |any )?(?:confirm\w*|approvals?|previews?|questions?)"
    r"|\bno (?:previews?|confirmations?|approvals?|questions asked)\b"
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
    r"|archive|discharge|merge|deny|sign|resolve|unassign|bill|never ?mind|scrap|scratch|ditch"
    r"|abandon|postpone|push|rebook|reopen|get rid of|clear out)"
)
HEAP = re.compile(
    rf"^(?:(?:now|then|and|just|please) )*{_VERB}\b[^:]*?\b(?:all|every|everything|everybody"
    r"|everyone|each|whole|entire|dozens?|ten|twenty|hundred)\b",
)
DELETE = re.compile(
    r"\b(?:delete|erase|wipe|purge|destroy|shred|trash|get rid of|blank out"
    r"|clear out|undo|drop (?:table|database|everything)|rm -|truncate)\b"
    r"|\b(?:take|kick|throw)\b.*\bout of (?:the )?(?:system|records?|database|files?)\b"
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
    r"(?<!where )(?<!what )\b(?:should|shall|can|could) (?:i|we|he|she|they|the patient)"
    r" (?:prescribe|give|stop|start|increase|decrease|reduce|raise|lower|up|double|taper|switch"
    r"|hold|continue|discontinue|take|stop taking)\b(?! (?:(?:my|the|our) )?(?:day|with|from"
    r"|here)\b)|\bwhich (?:antibiotics?|drug|dose|medicine|treatment)\b.*\b"
    r"(?:prescribe|give|use|best)\b|\bis it safe\b|\bwhat (?:dose|treatment)\b.*\bshould\b"
    r"|\bdiagnose\b|\bprognosis\b"
)
ORDER = re.compile(
    r"^(?!.*\b(?:tasks?|to-?dos?|remind\w*)\b).*\b(?:refill|renew|prescribe|e-?prescribe"
    r"|dispense)\b|\border (?:an? |the "
    r"|some )?"
    r"(?:refill|lab|labs|blood|test|tests|x-?ray|mri|ct|scan|medication|meds)\b"
)
TREAT = re.compile(
    r"^(?:please )?(?:give|start|stop|put|increase|decrease|raise|lower|double|hold|switch|taper)\b"
    r".*(?:\b|\d)(?:mg|mcg|milligrams?|units?|tablets?|dose)\b|\bwhat do you think (?:he|she"
    r"|they|the patient)\b"
)
DOSE = re.compile(
    r"^(?:please )?(?:up|bump|increase|decrease|raise|lower|drop|cut|double|halve|hold|stop|start"
    r"|switch|taper|titrate|give|put|resume|restart)(?: (?:up|down|off|on|back|in|with|the|a|dose"
    r"|of|her|his|their|him|them|it|this|patient|<_who_>)(?:'s)?)* <_drug_>"
)
"""A change of a medicine, in the shape of the sentence."""
CHART = re.compile(
    r"^(?:please )?(?:add|put|write|enter|change|update|correct|edit|remove)\b.*\b(?:to|in|into"
    r"|from)"
    r" (?:the |her |his |their |this )?(?:chart|allerg\w+|problem list|problems|medications?"
    r"|meds|med list)\b"
    r"|^(?:change|update|correct|edit) (?:her|his|their|the patient's|this patient's) (?:phone"
    r"|address"
    r"|name|date of birth|dob|e-?mail|insurance|number|birthday)\b"
)
SIGN = re.compile(r"^(?:please )?(?:sign|initial)\b(?!ed)")
MESSAGE = re.compile(
    r"\b(?:forward|send|share)\b.*\b(?:by|via|over) (?:e-?mail|fax|text|sms)\b"
    r"(?!.*\b(?:consent|form))|"
    r"^(?!.*\b(?:tasks?|to-?dos?|remind\w*|call)\b).*\b(?:text|sms|message|whatsapp|fax"
    r"|e-?mail)\b (?!summar|history)(?:[\w'. -]{0,40} )?"
    r"(?:that|saying|to (?:the |a |an |her |his |their |my |our )?(?:pharmacy|specialist"
    r"|hospital|lab"
    r"|insurer|insurance|payer|lawyer|school|employer|patient|doctor|dr\b|cardiolog|clinic))"
    r"|^(?:e-?mail|fax|sms) (?:me|us|him|her|them)\b(?!.*\b(?:consent|forms?)\b)"
)
CONSENT_WORDS = re.compile(
    r"^(?:yes|y|yep|yeah|ok(?:ay)?|sure|go(?: ahead)?|do it|approved?|confirm(?:ed)?|proceed|"
    r"agreed|fine)(?: please| then| now)?[.! ]*$"
)


def refused(plain: str) -> str | None:
    """Which guard a sentence meets, by its name; None for most. ``plain`` is in lower case,
    as written or with the marks of its shape."""
    if BYPASS.search(plain):
        return "bypass"
    if CONSENT_WORDS.match(plain):
        return "approve_by_button"
    for name, pattern in (
        ("export", EXPORT),
        ("settings", SETTINGS),
        ("advice", ADVICE),
        ("chart_status", PERSON),
        ("order", ORDER),
        ("order", TREAT),
        ("order", DOSE),
        ("chart_edit", CHART),
        ("sign", SIGN),
        ("message", MESSAGE),
        ("heap", HEAP),
        ("delete", DELETE),
    ):
        if pattern.search(plain):
            return name
    return None

"""The next step of a conversation: replays what was said, reads what is asked, plans. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from copilot.router.near import offer
from copilot.router.planning import Choice, Row, plan, resolved, rows_of
from copilot.router.reading import Before, Meaning, understand
from copilot.router.saying import clean
from copilot.router.talk import Say, Step, Talk
from patients.matching import words

REMEMBERED = 12
"""How many earlier turns count."""
DETAIL = {
    "patient": "patient_summary",
    "task": "explain_task",
    "claim": "claim_details",
    "document": "document_status",
}
ABILITIES = (
    "I work by rules, without a language model, and do what you may do yourself. For example:\n\n"
    "- “what needs me now”, “my overdue tasks”, “today's appointments”\n"
    "- “summarise Maria Garcia”, “abnormal labs”, “is she allergic to penicillin?”\n"
    "- “denied claims over $500”, “what happened with C12?”\n"
    "- “documents that need review”, “which consents are unsigned”\n"
    "- “book Maria Garcia tomorrow at 3 pm”, “mark T104 done”, “send the consent to treatment”\n\n"
    "Reading happens at once. Whatever changes or sends something is shown to you first, and is"
    " done only when you press its button."
)
GUARDS = {
    "bypass": "Whatever changes or sends something is shown to you first and waits for your button;"
    " words cannot switch that off. Say what you would like to do, one thing at a time.",
    "approve_by_button": "I take approvals from the buttons only, not from words. If something"
    " waits for you, its buttons stand under its preview; otherwise tell me what to do.",
    "export": "I send nothing out of the clinic but consent forms to patients. Nothing was sent.",
    "settings": "I cannot change roles, passwords or sign-in. An admin does that in the settings.",
    "advice": "I do not advise on treatment. I can show what the chart says, with its sources:"
    " medications, allergies, problems or results of a patient.",
    "order": "I cannot order or renew medicines, tests or scans. I can show what the chart says"
    " about them, or open a task for the doctor: “add a task for Dr. Kim to renew the lisinopril”.",
    "message": "I send no text messages, e-mails or faxes; only a form to sign, when you approve"
    " it. I can plan a call (“call Maria Garcia about her results”) or open a task for it.",
    "chart_edit": "I do not write in charts. Clinical facts come from papers that somebody checked;"
    " a patient's details are changed on the patient's page.",
    "sign": "I cannot sign for anybody. I can send a form to sign: “send Maria Garcia the consent"
    " to treatment”.",
    "chart_status": "I cannot change a patient's status. It is changed on the patient's page.",
    "heap": "I change one thing at a time, and each waits for your approval. Name one task, claim,"
    " visit or patient; or ask me to list them.",
    "delete": "I delete nothing. I can cancel a visit or a task, which keeps it on record.",
    "unknown": "I did not understand that; I work by rules, without a language model. Perhaps one"
    " of these:",
}
GREETING = "Hello. Ask me about patients, tasks, visits, claims or documents, or say “help”."
WELCOME = "You are welcome."


@dataclass(slots=True)
class Past:
    """What the conversation came to so far. ``waiting`` is asked again with one of the choices."""

    meaning: Meaning | None = None
    rows: Sequence[Row] = ()
    choices: Sequence[Choice] = ()


def answer(talk: Talk, past: Past | None = None) -> Step:
    """The next step: a tool to run, or what to say.

    ``past`` is what :func:`replayed` gave for the same earlier turns: one turn has several steps.
    """
    past = past or replayed(talk)
    meaning = _meant(talk.asked, past, talk)
    if isinstance(meaning, Say):
        return meaning
    said = _without_tool(meaning, talk, talk.asked)
    if said is not None:
        return said
    return plan(meaning, talk.calls, talk, past.rows).step


def replayed(talk: Talk) -> Past:
    """What the turns before the last one came to."""
    past = Past()
    for turn in talk.turns[:-1][-REMEMBERED:]:
        meaning = _meant(turn.asked, past, talk)
        if isinstance(meaning, Say) or _without_tool(meaning, talk) is not None:
            past = Past(past.meaning, past.rows)
            continue
        last = turn.calls[-1] if turn.calls else None
        answered = last is not None and last.tool == meaning.intent
        choices = () if answered else plan(meaning, turn.calls, talk, past.rows).choices
        past = Past(resolved(meaning, turn.calls), rows_of(last) or past.rows, choices)
    return past


def _here(talk: Talk) -> frozenset[str]:
    """The kinds of subject that the open page has."""
    page = {
        "patient": talk.page.patient_id,
        "task": talk.page.task_id,
        "claim": talk.page.claim_id,
        "document": talk.page.document_id,
    }
    return frozenset(kind for kind, known in page.items() if known)


def _meant(asked: str, past: Past, talk: Talk) -> Meaning | Say:
    if past.choices and past.meaning and (chosen := _named(asked, past.choices)):
        return _with(past.meaning, chosen)
    meaning = understand(asked, Before(talk.now, past.meaning, _here(talk)))
    if meaning.intent != "choose":
        return meaning
    number = int(meaning.arguments["ordinal"])
    place = number - 1 if number > 0 else number
    listed: Sequence[Choice | Row] = past.choices or past.rows
    if not listed or not -len(listed) <= place < len(listed):
        return Say("I do not know which one you mean. Name it, please.")
    one = listed[place]
    if isinstance(one, Choice):
        assert past.meaning is not None
        return _with(past.meaning, one)
    return Meaning(DETAIL[one.kind], {one.kind: f"={one.value}"})


def _named(asked: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice whose words were written instead of its number."""
    wanted = [word for word in words(asked) if word not in ("the", "one", "born", "mrn", "with")]
    if not wanted or (len(wanted) == 1 and len(wanted[0]) < 3):
        return None
    fitting = [one for one in choices if all(word in words(one.label) for word in wanted)]
    return fitting[0] if len(fitting) == 1 else None


def _with(meaning: Meaning, choice: Choice) -> Meaning:
    return replace(meaning, arguments={**meaning.arguments, choice.argument: choice.value})


def _without_tool(meaning: Meaning, talk: Talk, asked: str = "") -> Say | None:
    """What is said without looking anything up; None when a tool is needed."""
    if meaning.guard == "unknown":
        return Say(f"{GUARDS['unknown']}\n\n{offer(asked, _here(talk))}")
    if meaning.guard:
        return Say(GUARDS[meaning.guard])
    if meaning.intent == "greet":
        return Say(GREETING if not talk.person else f"Hello {clean(talk.person)}. {GREETING[7:]}")
    if meaning.intent == "thanks":
        return Say(WELCOME)
    if meaning.intent == "help":
        return Say(ABILITIES)
    if meaning.intent not in talk.tools:
        return Say("Your role does not allow this, so I cannot look it up or do it for you.")
    return None

"""Answers in words, from what the tools found. Every value is data: cleaned, never obeyed. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from copilot.router import telling_chart, telling_money
from copilot.router.reading import Meaning
from copilot.router.saying import (
    DOCUMENT,
    bullets,
    clean,
    day_of,
    fact_line,
    link,
    many,
    moment_of,
    money_of,
    numbered,
    rest_of,
    waits,
    words_of,
)
from copilot.router.talk import Called, Talk

Result = Mapping[str, Any]
FIGURES = {
    "pending_tasks": "pending tasks",
    "appointments_today": "visits today",
    "patients_total": "patients",
    "claims_pending": "claims not yet submitted",
}


def tell(meaning: Meaning, called: Called, talk: Talk) -> str:
    """The answer to a meaning from the result of its tool."""
    teller = TELLERS.get(called.tool)
    if teller is not None:
        return teller(called.result, meaning, talk)
    message = called.result.get("message") if isinstance(called.result, dict) else None
    return clean(message or "Done.")


def _tasks(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["tasks"]
    if not rows:
        return "There are no such tasks."
    lines = [_task(row) for row in rows]
    head = many(result["total"], "task")
    return f"{head}:\n\n{numbered(lines)}{rest_of(len(rows), result['total'], 'tasks')}"


def _task(row: Result) -> str:
    parts = [link(f"{row['display_id']} {clean(row['title'])}", f"/tasks/{row['task_id']}")]
    if row["patient_name"]:
        parts.append(clean(row["patient_name"]))
    parts.append(words_of(row["priority"]))
    if row["state"] != "open":
        parts.append(words_of(row["state"]))
    if row["assigned_to"]:
        parts.append(f"for {clean(row['assigned_to'])}")
    if row["due_at"]:
        parts.append(f"due {day_of(row['due_at'])}")
    return " · ".join(parts)


def _explained(result: Result, meaning: Meaning, talk: Talk) -> str:
    lines = [_task(result)]
    if result["description"]:
        lines.append(clean(result["description"]))
    source = "by a person" if result["source"] == "person" else "by an agent"
    lines.append(f"Opened {source}, {moment_of(result['created_at'], talk.now)}; "
                 f"waiting for {waits(result['waiting_minutes'])}.")  # fmt: skip
    if result["document_id"]:
        paper = link("document", f"/documents/{result['document_id']}")
        lines.append(f"It is about this {paper}.")
    remarks = [
        f"{clean(one['author'])}, {moment_of(one['at'], talk.now)}: {clean(one['text'])}"
        for one in result["comments"]
    ]
    if remarks:
        lines.append(f"Remarks:\n\n{bullets(remarks)}")
    return "\n\n".join(lines)


def _changed_task(result: Result, meaning: Meaning, talk: Talk) -> str:
    return f"{clean(result['message'])} {_task(result['task'])}"


def _visits(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["visits"]
    if not rows:
        return "There are no such visits."
    lines = []
    for row in rows:
        name = link(clean(row["patient_name"]), f"/patients/{row['patient_id']}")
        with_whom = f" · {clean(row['provider_name'])}" if row["provider_name"] else ""
        lines.append(
            f"{row['day']}, {row['time']} · {name} · {clean(row['title'])}{with_whom}"
            f" · {words_of(row['status'])}"
        )
    head = many(result["total"], "visit")
    return f"{head}:\n\n{numbered(lines)}{rest_of(len(rows), result['total'], 'visits')}"


def _slots(result: Result, meaning: Meaning, talk: Talk) -> str:
    hours = clean(result["hours"])
    if not result["slots"]:
        return f"No free time of {result['minutes']} minutes there ({hours})."
    lines = [
        f"{row['day']}, {row['time']} · {clean(row['provider_name'])}" for row in result["slots"]
    ]
    return f"Free for {result['minutes']} minutes ({hours}):\n\n{bullets(lines)}"


def _visit(result: Result, meaning: Meaning, talk: Talk) -> str:
    row = result["visit"]
    name = link(clean(row["patient_name"]), f"/patients/{row['patient_id']}")
    return (
        f"{clean(result['message'])} {name} · {row['day']}, {row['time']} · {clean(row['title'])}"
    )


def _claims(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["claims"]
    if not rows:
        return "There are no such claims."
    head = f"{many(result['total'], 'claim')}, {money_of(result['amount'])} in all"
    lines = [_claim(row) for row in rows]
    return f"{head}:\n\n{numbered(lines)}{rest_of(len(rows), result['total'], 'claims')}"


def _claim(row: Result) -> str:
    parts = [
        link(clean(row["display_id"]), f"/claims/{row['claim_id']}"),
        clean(row["patient_name"]),
        clean(row["payer"]),
        money_of(row["amount"]),
        words_of(row["status"]),
    ]
    if row["submitted_date"]:
        parts.append(f"submitted {day_of(row['submitted_date'])}")
    return " · ".join(parts)


def _claim_details(result: Result, meaning: Meaning, talk: Talk) -> str:
    lines = [
        f"{moment_of(one['at'], talk.now)}: {clean(one['description'])}" for one in result["events"]
    ]
    about = f"\n\n{clean(result['description'])}" if result["description"] else ""
    denied = result.get("denial")
    why = f"\n\n{telling_money.denial(denied, talk.now.date())}" if denied else ""
    return f"{_claim(result)}{about}{why}\n\n**Timeline**\n\n{bullets(lines)}"


def _changed_claim(result: Result, meaning: Meaning, talk: Talk) -> str:
    return f"{clean(result['message'])} {_claim(result['claim'])}"


def _documents(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["documents"]
    if not rows:
        return "There are no such documents."
    lines = []
    for row in rows:
        name = link(clean(row["name"]), f"/documents/{row['document_id']}")
        patient = clean(row["patient_name"] or "no patient yet")
        doubtful = f" · {many(row['doubtful'], 'value')} to check" if row["doubtful"] else ""
        lines.append(
            f"{name} · {words_of(row['kind'])} · {patient} · {DOCUMENT[row['status']]}{doubtful}"
        )
    head = many(result["total"], "document")
    return f"{head}:\n\n{numbered(lines)}{rest_of(len(rows), result['total'], 'documents')}"


def _document(result: Result, meaning: Meaning, talk: Talk) -> str:
    name = link(clean(result["name"]), f"/documents/{result['document_id']}")
    verb = "" if result["status"] == "not_ingested" else "is "
    parts = [f"{name} {verb}{DOCUMENT[result['status']]}."]
    if result["reasons"]:
        parts.append(f"Why: {clean('; '.join(result['reasons']))}.")
    if result["facts"]:
        parts.append(f"Read from it:\n\n{bullets(fact_line(one) for one in result['facts'])}")
        more = result["read"] - len(result["facts"])
        if more > 0:
            parts.append(f"And {many(more, 'more value')}.")
    else:
        parts.append("Nothing was read from it.")
    return "\n\n".join(parts)


def _forms(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["forms"]
    if not rows:
        return "There are no such consent forms."
    lines = []
    for row in rows:
        name = clean(row["name"])
        if row["document_id"]:
            name = link(name, f"/documents/{row['document_id']}")
        when = row["signed_at"] or row["sent_at"]
        day = f" {day_of(when)}" if when else ""
        lines.append(f"{name} · {clean(row['patient_name'])} · {words_of(row['status'])}{day}")
    head = many(result["total"], "form")
    return f"{head}:\n\n{bullets(lines)}{rest_of(len(rows), result['total'], 'forms')}"


def _templates(result: Result, meaning: Meaning, talk: Talk) -> str:
    if not result["templates"]:
        return "There is no form to send yet."
    return "Forms that can be sent:\n\n" + bullets(
        f"{clean(one['name'])}{': ' if one['purpose'] else ''}{clean(one['purpose'])}"
        for one in result["templates"]
    )


def _calls(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["calls"]
    if not rows:
        return "There are no such calls."
    lines = []
    for row in rows:
        name = link(clean(row["patient_name"]), f"/patients/{row['patient_id']}")
        outcome = f" · {clean(row['outcome'])}" if row["outcome"] else ""
        when = moment_of(row["created_at"], talk.now)
        status = words_of(row["status"])
        lines.append(f"{when} · {name} · {clean(row['purpose'])} · {status}{outcome}")
    head = many(result["total"], "call")
    return f"{head}:\n\n{bullets(lines)}{rest_of(len(rows), result['total'], 'calls')}"


def _runs(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["runs"]
    if not rows:
        return "There are no such runs."
    lines = []
    for row in rows:
        about = (
            f" on a {link('document', '/documents/' + row['document_id'])}"
            if row["document_id"]
            else ""
        )
        error = f": {clean(row['error'])}" if row["error"] else ""
        when = moment_of(row["created_at"], talk.now)
        lines.append(f"{clean(row['agent'])}{about} · {words_of(row['status'])} · {when}{error}")
    head = many(result["total"], "run")
    return f"{head}:\n\n{bullets(lines)}{rest_of(len(rows), result['total'], 'runs')}"


def _needs(result: Result, meaning: Meaning, talk: Talk) -> str:
    rows = result["needs"]
    if not rows:
        return "Nothing needs you now. All done."
    lines = []
    for row in rows:
        name = f" · {clean(row['patient_name'])}" if row["patient_name"] else ""
        why = f" · {clean(', '.join(row['why']))}" if row["why"] else ""
        lines.append(f"{link(clean(row['title']), row['url'])}{name}{why}")
    return f"What needs you now, most pressing first:\n\n{numbered(lines)}"


def _figures(result: Result, meaning: Meaning, talk: Talk) -> str:
    return bullets(
        f"{count} {FIGURES.get(name, words_of(name))}" for name, count in result["figures"].items()
    )


def _activity(result: Result, meaning: Meaning, talk: Talk) -> str:
    if not result["activity"]:
        return "Nothing has happened yet."
    lines = []
    for row in result["activity"]:
        name = f" · {clean(row['patient_name'])}" if row["patient_name"] else ""
        lines.append(f"{moment_of(row['timestamp'], talk.now)} · {clean(row['description'])}{name}")
    return f"Lately:\n\n{bullets(lines)}"


def _members(result: Result, meaning: Meaning, talk: Talk) -> str:
    if not result["members"]:
        return "Nobody here has that role."
    return bullets(f"{clean(one['name'])}, {one['role']}" for one in result["members"])


TELLERS: dict[str, Callable[[Result, Meaning, Talk], str]] = {
    "find_patients": telling_chart.patients,
    "patient_summary": telling_chart.summary,
    "patient_chart": telling_chart.chart,
    "patient_labs": telling_chart.labs,
    "patient_changes": telling_chart.changes,
    "patient_details": telling_chart.details,
    "who_looked": telling_chart.looks,
    "list_tasks": _tasks,
    "explain_task": _explained,
    "create_task": _changed_task,
    "update_task": _changed_task,
    "comment_on_task": _changed_task,
    "list_appointments": _visits,
    "free_slots": _slots,
    "book_appointment": _visit,
    "move_appointment": _visit,
    "change_appointment_status": _visit,
    "list_claims": _claims,
    "claim_details": _claim_details,
    "claims_aging": telling_money.aging,
    "claim_denials": telling_money.denials,
    "draft_letter": telling_money.letter,
    "move_claim": _changed_claim,
    "note_on_claim": _changed_claim,
    "list_documents": _documents,
    "document_status": _document,
    "list_consents": _forms,
    "list_form_templates": _templates,
    "list_calls": _calls,
    "list_runs": _runs,
    "needs_me": _needs,
    "clinic_stats": _figures,
    "recent_activity": _activity,
    "list_members": _members,
}

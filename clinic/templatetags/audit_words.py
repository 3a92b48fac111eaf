"""What the audit's codes mean, in words of people who never saw the code."""

from __future__ import annotations

ACTIONS: dict[str, str] = {
    "patient.view": "Opened the chart",
    "patient.summary": "Read the chart's summary",
    "patient.print": "Printed the chart",
    "patient.create": "Added the patient",
    "patient.change": "Changed the patient's details",
    "patient.looks": "Read who looked at the chart",
    "document.view": "Opened a document",
    "document.download": "Downloaded a document",
    "document.upload": "Uploaded a document",
    "document.ingest": "Filed a document",
    "document.approved": "Approved a document",
    "document.rejected": "Rejected a document",
    "document.read_again": "Had a document read again",
    "document.move": "Moved a document to another chart",
    "task.create": "Created a task",
    "task.done": "Completed a task",
    "agent_run.answer": "Answered an agent's question",
    "agent_run.retry": "Had an agent try again",
    "agent_run.stop": "Stopped an agent",
    "claim.create": "Created a claim",
    "claim.note": "Wrote a note on a claim",
    "appointment.book": "Booked a visit",
    "appointment.delete": "Deleted a visit",
    "consent_form.sent": "Sent a consent form",
    "document.signed": "Signed a consent form",
    "conversation.begin": "Began a conversation",
    "message.write": "Wrote a message",
    "voice_call.plan": "Planned a call",
    "auth.login": "Signed in",
    "auth.logout": "Signed out",
    "clinic.open": "Signed in to the clinic",
    "clinic.register": "Registered the clinic",
    "clinic.change": "Changed the clinic's settings",
    "operator.open": "Opened the clinic as operator",
    "member.add": "Added a member",
    "member.role": "Changed a member's role",
    "member.end": "Ended a membership",
    "member.invite": "Invited somebody",
    "user.password": "Changed the password",
    "user.deactivate": "Deactivated a person",
    "audit.export": "Exported the audit",
    "audit.verify": "Checked the audit's chain",
}

LOOKS = (
    "patient.view",
    "patient.summary",
    "patient.print",
    "patient.looks",
    "document.view",
    "document.download",
    "audit.export",
)
ACCESS = ("auth", "member", "user", "clinic", "operator")
GROUPS = (
    ("", "Everything"),
    ("looks", "Looks"),
    ("changes", "Changes"),
    ("access", "Sign-ins and members"),
)


def action_words(action: str) -> str:
    """An action in words; one without its own reads as its parts: "Claim: paid"."""
    if action in ACTIONS:
        return ACTIONS[action]
    what, _, done = action.replace("_", " ").partition(".")
    return f"{what.capitalize()}: {done}" if done else what.capitalize()

"""The tools, by subject. Importing this package registers them all."""

from copilot.tools import (
    calls,
    changes,
    chart,
    claims,
    consents,
    letters,
    money,
    office,
    papers,
    patients,
    runs,
    task_changes,
    tasks,
    visit_changes,
    visits,
)

__all__ = [
    "calls",
    "changes",
    "chart",
    "claims",
    "consents",
    "letters",
    "money",
    "office",
    "papers",
    "patients",
    "runs",
    "task_changes",
    "tasks",
    "visit_changes",
    "visits",
]

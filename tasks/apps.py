"""The tasks app."""

from typing import Any

from django.apps import AppConfig

from clinic import dashboard, needs


class TasksConfig(AppConfig):
    """Work for people."""

    name = "tasks"

    def ready(self) -> None:
        """Adds to the dashboard."""
        from clinic import undoing  # noqa: PLC0415 - needs the models
        from tasks.needs import TASKS  # noqa: PLC0415
        from tasks.undo import HOW, KIND  # noqa: PLC0415

        needs.register(TASKS)
        undoing.register(KIND, HOW)
        dashboard.register_tally("pending_tasks", "task.open", "task.in_progress")
        dashboard.register_activity("task", _describe)


def _describe(op: str, doc: dict[str, Any]) -> str:
    what = "opened" if op == "insert" else doc["state"].replace("_", " ")
    return f"Task {doc['display_id']} {what}: {doc['title']}"

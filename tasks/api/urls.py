"""Addresses of tasks."""

from __future__ import annotations

from clinic.api.views import routes
from tasks.api.views import TaskDetail, TaskList

urlpatterns = routes(
    ("tasks", TaskList, "api-tasks"),
    ("tasks/<uuid:task_id>", TaskDetail, "api-task"),
)

"""Addresses of tasks."""

from django.urls import path

from tasks.views import board, bulk, task

urlpatterns = [
    path("tasks", board.tasks, name="tasks"),
    path("tasks/bulk", bulk.bulk, name="tasks_bulk"),
    path("tasks/new", board.task_new, name="task_new"),
    path("tasks/<uuid:pk>", task.task, name="task"),
]

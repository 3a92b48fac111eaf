"""What waits for nobody in particular, longest first by priority, is read from an index: the
planner took the newest tasks backwards and filtered 200,000 of them for the dashboard."""

from django.db import migrations, models


def _of_nobody(name: str, *, about_documents: bool) -> migrations.AddIndex:
    waiting = models.Q(
        state__in=["open", "in_progress"],
        document_id__isnull=not about_documents,
        assignee__isnull=True,
        assigned_to="",
    )
    index = models.Index(
        fields=["clinic", "priority", "created_at"], condition=waiting, name=name
    )
    return migrations.AddIndex(model_name="task", index=index)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0004_needs")]

    operations = [
        _of_nobody("tasks_of_nobody", about_documents=False),
        _of_nobody("reviews_of_nobody", about_documents=True),
    ]

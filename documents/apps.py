"""The documents app."""

from django.apps import AppConfig

from clinic import needs


class DocumentsConfig(AppConfig):
    """Papers in, facts out; brings the extraction agent and the chores of its files."""

    name = "documents"

    def ready(self) -> None:
        """Registers the agent, its answers and the search for lost files."""
        # The models of these modules are not ready before.
        from agents import chores, registry, subjects  # noqa: PLC0415
        from clinic import undoing  # noqa: PLC0415
        from documents.actions import READER  # noqa: PLC0415
        from documents.agent import AGENT  # noqa: PLC0415
        from documents.api.answers import WAY, answer_password, answer_task  # noqa: PLC0415
        from documents.lost_files import remove_lost_files  # noqa: PLC0415
        from documents.needs import DOCUMENTS  # noqa: PLC0415
        from documents.undo import HOW  # noqa: PLC0415
        from tasks import answers  # noqa: PLC0415

        needs.register(DOCUMENTS)
        undoing.register("document.review", HOW)
        undoing.register("document.move", HOW)
        registry.register(AGENT)
        subjects.register(READER, WAY)
        answers.register("document_review", answer_task)
        answers.register("document_failed", answer_task)
        answers.register("reading_audit", answer_task)
        answers.register("needs_password", answer_password)
        chores.register("lost files", 300, remove_lost_files)

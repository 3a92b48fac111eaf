"""Which clinic the running code works for, and models that cannot forget it.

The clinic is entered at five doors only: middleware, consumer, job, inbound webhook and
management command. Between the doors nobody passes a clinic around; a query without one raises
when its SQL is compiled, and the database's row-level security says the same once more
(``clinic.postgresql`` tells it the clinic with every transaction).
"""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.db.models.expressions import Expression
from django.db.models.sql.compiler import SQLCompiler

from clinic.current import current_clinic_id
from clinic.ids import uuid7

M = TypeVar("M", bound=models.Model)


class ForeignClinic(RuntimeError):
    """A row of one clinic was about to be written while working for another."""


class CurrentClinic(Expression):
    """The current clinic's id, looked up when the SQL is compiled and not before."""

    def __init__(self) -> None:
        super().__init__(output_field=models.UUIDField())

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[str]]:
        """One parameter: the id.

        Raises:
            NoClinic: outside of every door.
        """
        del compiler, connection
        return "%s::uuid", (str(current_clinic_id()),)


class ClinicQuerySet(models.QuerySet[M]):
    """Rows of the current clinic."""


class ClinicManager(models.Manager[M]):
    """Filters every query, whatever it is built into, to the current clinic."""

    use_in_migrations = False

    def get_queryset(self) -> ClinicQuerySet[M]:
        """All rows of the clinic that is current when the query runs."""
        queryset: ClinicQuerySet[M] = ClinicQuerySet(self.model, using=self._db)
        return queryset.filter(clinic=CurrentClinic())


class ClinicField(models.ForeignKey):  # type: ignore[type-arg]
    """The owning clinic: filled in from the current one, refused when it is another."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("to", "clinic.Clinic")
        kwargs.setdefault("on_delete", models.CASCADE)
        kwargs.setdefault("related_name", "+")
        kwargs.setdefault("editable", False)
        kwargs.setdefault("db_index", False)
        super().__init__(**kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """The id to write.

        Raises:
            NoClinic: outside of every door.
            ForeignClinic: when the row belongs to another clinic than the current one.
        """
        current = current_clinic_id()
        value = getattr(model_instance, self.attname)
        if value is None:
            setattr(model_instance, self.attname, current)
            return current
        if value != current:
            raise ForeignClinic(f"{model_instance._meta.label} belongs to another clinic.")
        return value


class ClinicOwned(models.Model):
    """A row of clinic data. Subclasses also name themselves in a ``GuardTables`` migration."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    clinic = ClinicField()

    objects = ClinicManager()

    class Meta:
        abstract = True
        base_manager_name = "objects"
        default_manager_name = "objects"

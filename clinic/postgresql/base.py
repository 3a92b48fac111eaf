"""Says ``app.clinic_id`` to PostgreSQL, for its row-level security policies, in few round trips.

The setting is local to the transaction (``SET LOCAL``), because a session's setting would
survive on a pooled connection and leak to its next user. It travels in front of the statement
that needs it, in the same network round trip: a simple query with two statements is one
implicit transaction when none is open.

So does the check of a login that was found earlier (``clinic.current.put_off_checks``), and so do
BEGIN, in front of a transaction's first statement, and COMMIT behind its last one where
that is known (:func:`last_statement`). To the driver the connection is therefore always in
autocommit mode; its ``commit`` and ``rollback`` act on whatever transaction is open.
"""

from __future__ import annotations

import select
from collections.abc import Generator
from typing import Any
from uuid import UUID

from django.db import connection as default_connection
from django.db.backends.postgresql import base as django_postgresql
from psycopg import ClientCursor, Error, OperationalError
from psycopg._queries import PostgresQuery
from psycopg.pq import ConnStatus, TransactionStatus
from psycopg.sql import SQL, Composable

from clinic.current import LoginChanged, due_check, entered_clinic

_SAID = "clinic_said"
"""The connection's attribute: the clinic its open transaction was told, or _UNKNOWN."""

_UNKNOWN = object()

LOGIN_CHANGED = "BL401"
"""The SQLSTATE that clinic_require_login raises."""

_BEGIN_DUE = "begin_due"
"""The connection's attribute: whether its next statement, outside of one, opens a transaction."""


class ClinicCursor(ClientCursor[Any]):
    """A client-side-binding cursor that keeps the transaction's clinic in step with the code's."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> ClinicCursor:
        """Runs one statement, preceded by SET LOCAL where the transaction needs it.

        Raises:
            LoginChanged: by a check that was due; nothing of the statement has happened.
        """
        prefix, due = self._prefix(), due_check()
        if due is not None:
            prefix += due.statement
        if prefix:
            if isinstance(query, bytes):
                query = query.decode()
            query = SQL(prefix) + query if isinstance(query, Composable) else prefix + query
        try:
            super().execute(query, params, **kwargs)
        except Error as error:
            if error.sqlstate == LOGIN_CHANGED:
                raise LoginChanged from error
            raise
        if due is not None:
            due.statement = ""
        if not prefix and isinstance(query, str) and query.startswith("ROLLBACK TO"):
            setattr(self.connection, _SAID, _UNKNOWN)
        return self

    def _maybe_prepare_gen(
        self, pgq: PostgresQuery, *, prepare: bool | None = None, binary: bool | None = None
    ) -> Generator[Any, Any, None]:
        """Sends the statements and takes the last one's result, in one call of libpq.

        The driver's own way asks libpq step by step and lets other threads run at each, about ten
        times a statement; under load a thread then waits ten times for the interpreter.

        Raises:
            OperationalError: when the connection is lost.
        """
        del prepare, binary
        self._query = pgq
        result = self._pgconn.exec_(pgq.query)
        if self._pgconn.status == ConnStatus.BAD:
            raise OperationalError(self._pgconn.get_error_message())
        self._check_results([result])
        self._set_results([result])
        yield from ()

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> None:
        """Runs the statement once for each set of parameters."""
        if kwargs:
            raise NotImplementedError("executemany takes no options here.")
        for params in params_seq:
            self.execute(query, params)

    def _prefix(self) -> str:
        connection = self.connection
        status = connection.info.transaction_status
        clinic_id: UUID | None = entered_clinic()
        begin = ""
        if status == TransactionStatus.INTRANS:
            if getattr(connection, _SAID) == clinic_id:
                return ""
        elif status == TransactionStatus.IDLE:
            begin = "BEGIN; " if getattr(connection, _BEGIN_DUE) else ""
            if clinic_id is None:
                setattr(connection, _SAID, None)
                return begin
        else:
            return ""
        setattr(connection, _SAID, clinic_id)
        return f"{begin}SET LOCAL app.clinic_id = '{clinic_id or ''}'; "


class DatabaseWrapper(django_postgresql.DatabaseWrapper):
    """Django's wrapper with :class:`ClinicCursor`."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Opens a connection whose cursors know the clinic."""
        connection = super().get_new_connection(conn_params)
        connection.cursor_factory = ClinicCursor
        setattr(connection, _SAID, None)
        setattr(connection, _BEGIN_DUE, False)
        connection.autocommit = True
        return connection

    def is_usable(self) -> bool:
        """Whether the server is still there, without asking it.

        A server that ends a connection, or dies, leaves something to read on an idle one; a
        question of its own before every request's first statement would cost a round trip.
        """
        connection = self.connection
        if connection is None or connection.closed or connection.broken:
            return False
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        return not waiting.poll(0)

    def _set_autocommit(self, autocommit: bool) -> None:
        setattr(self.connection, _BEGIN_DUE, not autocommit)


def last_statement(statement: str) -> str:
    """The statement with the COMMIT of the open transaction behind it, in one round trip.

    Only for the last one of an outermost ``atomic`` block, whose own commit then finds nothing
    to do. Elsewhere the statement comes back as it is.
    """
    wrapper = default_connection
    if len(wrapper.atomic_blocks) == 1 and not wrapper.needs_rollback:
        return f"{statement}; COMMIT"
    return statement

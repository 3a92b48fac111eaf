"""Row counts that nobody counts: exact through every way rows come, go and change."""

import pytest
from django.db import connection, transaction

from clinic.models import Tally
from clinic.tallies import Drift, drifts, tallies, tally

TASKS = [("tasks", "state", "task")]


def add(number, state="open"):
    """Tasks by SQL: this app knows no model of the apps above."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks (id, clinic_id, number, title, description, kind, source,"
            " agent_type, assigned_to, priority, state, created_at, updated_at)"
            " SELECT gen_random_uuid(), current_setting('app.clinic_id')::uuid,"
            " n + (SELECT coalesce(max(number), 0) FROM tasks), 'x', '', 'general', 'person',"
            " '', '', 'low', %s, now(), now() FROM generate_series(1, %s) n",
            [state, number],
        )


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
class TestTallies:
    def test_one_statement_with_many_rows_writes_one_difference(self, in_clinic):
        add(100)
        assert Tally.objects.count() <= 1
        assert tally("task.open") == 100

    def test_changes_and_removals_are_followed(self, in_clinic):
        add(10)
        add(5, "done")
        execute("UPDATE tasks SET state = 'done' WHERE number <= 4")
        execute("UPDATE tasks SET title = 'y'")
        execute("DELETE FROM tasks WHERE number = 1")
        assert tallies("task") == {"open": 6, "done": 8}
        assert tally("task.open", "task.done", "task.cancelled") == 14
        assert drifts(TASKS) == []

    def test_compaction_changes_no_sum(self, in_clinic):
        for _ in range(30):
            add(1)
        execute(f"SELECT clinic_tally_compact('{in_clinic}')")
        assert Tally.objects.filter(name="task.open").count() == 1
        assert tally("task.open") == 30

    def test_what_is_rolled_back_is_not_counted(self, in_clinic):
        add(1)
        with transaction.atomic():
            add(5)
            transaction.set_rollback(True)
        assert tally("task.open") == 1

    def test_a_stranger_has_counts_of_their_own(self, alice, charlie):
        with alice.at_work():
            add(3)
        with charlie.at_work():
            assert tally("task.open") == 0

    def test_a_wrong_tally_is_found(self, in_clinic):
        add(2)
        Tally.objects.create(name="task.open", delta=1)
        assert drifts(TASKS) == [Drift("task.open", 3, 2)]

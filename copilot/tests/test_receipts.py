"""What a turn leaves behind about itself."""

import pytest

from clinic.models import AuditEntry
from copilot.outside import Caller, call_tool
from copilot.tests.asking import ask
from patients.models import Patient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("scripted")]


class TestReceipts:
    def test_a_receipt_says_who_what_and_on_which_rows(self, alice):
        with alice.at_work():
            patient = Patient.objects.create(mrn="77", first_name="Maria", last_name="Lopez")
        ask(alice, "find Maria Lopez")
        (row,) = alice.api("GET", "/api/copilot/receipts").json()
        assert (row["asker"], row["tools"], row["rows"]) == ("Alice Adams", ["find_patients"], 1)
        assert (row["model"], row["cost"], row["input_tokens"]) == ("rules", 0.0, 0)
        found = alice.api("GET", f"/api/copilot/receipts/{row['receipt_id']}").json()
        (call,) = found["calls"]
        assert call["arguments"] == {"query": "Maria Lopez"}
        touched = [{"kind": "patient", "id": str(patient.pk), "changed": False}]
        assert call["touched"] == touched

    @pytest.mark.usefixtures("engine")
    def test_each_run_leaves_one_line_without_patient_data(self, alice):
        ask(alice, "find Maria Lopez")
        with alice.at_work():
            line = AuditEntry.objects.get(action="copilot.run")
        assert line.actor == "Alice Adams"
        assert line.detail == {"status": "finished", "tools": ["find_patients"], "rows": 0}

    def test_others_receipts_are_for_admins(self, alice, bob, charlie):
        ask(alice, "hello")
        ask(bob, "hello", "t2")
        seen = {
            person.user.name: [
                row["asker"] for row in person.api("GET", "/api/copilot/receipts").json()
            ]
            for person in (alice, bob, charlie)
        }
        assert seen == {
            "Alice Adams": ["Bob Brown", "Alice Adams"],
            "Bob Brown": ["Bob Brown"],
            "Charlie Clark": [],
        }
        newest, oldest = alice.api("GET", "/api/copilot/receipts").json()
        path = "/api/copilot/receipts/"
        assert bob.api("GET", path + oldest["receipt_id"]).status_code == 404
        assert bob.api("GET", path + newest["receipt_id"]).status_code == 200
        assert charlie.api("GET", path + oldest["receipt_id"]).status_code == 404

    def test_receipts_are_narrowed_to_a_way_of_asking(self, alice):
        ask(alice, "hello")
        with alice.at_work():
            call_tool(Caller(alice.login, None), "list_tasks", {})
        ways = {
            way: [row["via"] for row in alice.api("GET", f"/api/copilot/receipts{way}").json()]
            for way in ("", "?via=mcp", "?via=copilot")
        }
        assert ways == {"": ["mcp", "copilot"], "?via=mcp": ["mcp"], "?via=copilot": ["copilot"]}

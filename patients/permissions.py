"""Who may do what with patients and their charts."""

from clinic.permissions import Rule

may_read_patients = Rule("search patients and read their charts")
may_create_patients = Rule("add patients")
may_change_patients = Rule("change patients' details")

"""Who may do what with visits."""

from clinic.permissions import Rule

may_read_appointments = Rule("read the schedule")
may_book_appointments = Rule("book visits")
may_change_appointments = Rule("move, cancel and delete visits")

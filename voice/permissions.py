"""Who may do what with telephone calls."""

from clinic.permissions import Rule

may_read_calls = Rule("read telephone calls")
may_record_calls = Rule("plan telephone calls and record their outcome")

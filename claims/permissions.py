"""Who may do what with claims."""

from clinic.permissions import Rule

may_read_claims = Rule("read claims and their timeline")
may_create_claims = Rule("create claims")
may_move_claims = Rule("move claims and add notes")

"""Who may do what with tasks."""

from clinic.permissions import Rule

may_read_tasks = Rule("read tasks")
may_create_tasks = Rule("create tasks")
may_change_tasks = Rule("change, comment on and answer tasks")

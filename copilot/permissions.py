"""Who may do what with conversations."""

from clinic.permissions import Rule

may_read_conversations = Rule("read conversations and their messages")
may_write_messages = Rule("begin conversations and write messages")

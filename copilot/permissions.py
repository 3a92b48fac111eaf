"""Who may do what with conversations."""

from clinic.permissions import Rule

may_read_conversations = Rule("read conversations and their messages")
may_write_messages = Rule("begin conversations and write messages")
may_use_copilot = Rule("ask the copilot, within what their role allows")
may_read_own_receipts = Rule("read the receipts of their own copilot runs; admins those of all")
may_give_tokens = Rule("give an outside agent a token for what their role allows")

"""Who may do what with consent forms."""

from clinic.permissions import CLINICIANS, Rule

may_read_forms = Rule("read consent forms and their templates")
may_send_forms = Rule("send, send again and withdraw consent forms")
may_write_templates = Rule("write form templates", CLINICIANS)

"""Who may do what with documents."""

from clinic.permissions import ADMINS, Rule

may_read_documents = Rule("read documents")
may_upload_documents = Rule("upload documents")
may_review_documents = Rule("approve, correct, reject and move documents")
may_change_filing = Rule("change when documents are filed automatically", ADMINS)

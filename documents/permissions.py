"""Who may do what with documents."""

from clinic.permissions import Rule

may_read_documents = Rule("read documents")
may_upload_documents = Rule("upload documents")
may_review_documents = Rule("approve, correct, reject and move documents")

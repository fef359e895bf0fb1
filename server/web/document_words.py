"""Words of documents: states, ways of service, what was done with them."""

from server.documents.paper_templates import get_template, kinds
from server.web.words import add

add("document_form", {kind: (get_template(kind).title, get_template(kind).en) for kind in kinds()})
add("document_state", {
    "issued": ("已签发，待送达", "issued, not served"),
    "served": ("已送达", "served"),
    "revoked": ("已撤销", "revoked"),
})  # fmt: skip
add("served_how", {
    "in_person": ("直接送达", "in person"),
    "post": ("邮寄送达", "by post"),
    "electronic": ("电子送达", "electronically"),
    "left": ("留置送达", "left at the place"),
    "public_notice": ("公告送达", "by public notice"),
})  # fmt: skip
add("evidence_purpose", {
    "document_docx": ("文书（Word）", "document (Word)"),
    "document_pdf": ("文书（PDF）", "document (PDF)"),
    "receipt": ("送达回证", "delivery receipt"),
})  # fmt: skip
add("action", {
    "document.issue": ("签发文书", "document issued"),
    "document.serve": ("登记送达", "service recorded"),
    "document.revoke": ("撤销文书", "document revoked"),
    "document.words": ("设置文书字号", "words of documents set"),
})  # fmt: skip
add("subject_kind", {"document": ("文书", "document")})

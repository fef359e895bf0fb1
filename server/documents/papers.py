"""A document's files: Word and PDF of one paper, which a template and values make (enforcement.md 7.2)."""

from dataclasses import dataclass

from server.documents import paper_docx, paper_pdf
from server.documents.paper import Paper


@dataclass(frozen=True, slots=True)
class Files:
    """Both files."""

    docx: bytes
    pdf: bytes


def render(paper: Paper) -> Files:
    """Both files of a paper; raises paper_pdf.FontsMissing."""
    return Files(paper_docx.write(paper), paper_pdf.write(paper))

"""Derivation reports."""

from stabproof.report.document import Document
from stabproof.report.write import document, report

__all__ = ["Document", "document", "report"]

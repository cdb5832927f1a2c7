"""Derivation reports."""

from stabproof.reports.document import Document
from stabproof.reports.write import document, report

__all__ = ["Document", "document", "report"]

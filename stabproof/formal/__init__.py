"""Certificates as files for the Coq proof assistant."""

from stabproof.formal.export import export_coq

__all__ = ["export_coq"]

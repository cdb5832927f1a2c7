"""Searches for structure: common invariant subspaces, near symmetric squares, near Kronecker products."""

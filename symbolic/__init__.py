"""Exact: SymPy in, SymPy out; derivations as checked steps."""

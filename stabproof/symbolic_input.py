"""Whether what a user passes is SymPy's, without importing SymPy: nothing is where it was never imported."""

import sys
from typing import Any


def is_symbolic(value: Any) -> bool:
    """Whether the object is a SymPy expression or matrix, or a list that holds one."""
    sympy = sys.modules.get("sympy")
    if sympy is None:
        return False
    if isinstance(value, sympy.MatrixBase | sympy.Expr):
        return True
    return isinstance(value, list | tuple) and any(isinstance(entry, sympy.Expr) for entry in value)


def is_symbolic_matrix(value: Any) -> bool:
    """Whether the object is a SymPy matrix."""
    sympy = sys.modules.get("sympy")
    return sympy is not None and isinstance(value, sympy.MatrixBase)

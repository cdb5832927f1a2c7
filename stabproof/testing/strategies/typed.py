"""Known objects as the text that a user can paste into `@example(...)` or a test.

The text needs `import numpy as np`, `import sympy`, `from fractions import Fraction` and
`from stabproof.testing import strategies`.
"""

import re
from fractions import Fraction
from typing import Any

import numpy as np

_NAME = re.compile(r"(?<![\w.'\"])([A-Za-z_]\w*)(?!\w*=)")


def call(name: str, *arguments: Any, **named: Any) -> str:
    """`strategies.name(arguments)`."""
    parts = [text(value) for value in arguments] + [f"{key}={text(value)}" for key, value in named.items()]
    return f"strategies.{name}({', '.join(parts)})"


def text(value: Any) -> str:
    """An expression whose value is `value`: arrays, exact numbers of any library, and tuples of them."""
    if isinstance(value, np.ndarray):
        return f"np.array({text(value.tolist())})"
    if isinstance(value, tuple | list):
        inner = ", ".join(text(entry) for entry in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, np.generic):
        return text(value.item())
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f"float('{value}')"
    if isinstance(value, Fraction):
        return f"Fraction({value.numerator}, {value.denominator})"
    if hasattr(value, "free_symbols"):
        return _of_sympy(value)
    return value if isinstance(value, Typed) else repr(value)


class Shown:
    """A base class: Hypothesis shows the object by its repr, which can be pasted, and not by the call that drew it."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


class Typed(str):
    """Text that is an expression already."""


def _of_sympy(value: Any) -> str:
    import sympy

    if value is sympy.S.NegativeInfinity:
        return "-sympy.oo"
    return _NAME.sub(r"sympy.\1", sympy.srepr(value))

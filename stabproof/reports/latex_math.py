"""SymPy expressions as LaTeX mathematics; a name that is no mathematics is shown as text, never run."""

import re
from collections.abc import Callable, Iterable
from typing import Any

import sympy
from sympy.core.function import AppliedUndef
from sympy.core.symbol import Str
from sympy.printing.latex import LatexPrinter

from stabproof.reports.exact_values import readable
from stabproof.reports.latex_text import escaped
from stabproof.reports.pieces import Piece, has_partial_derivatives, ordered_terms, pieces, statements

Text = Callable[[str], str]

_WORD = r"[A-Za-z]+\d*'*"
_INDEX = r"[_^](\{[A-Za-z0-9+\-,* ]*\}|[A-Za-z0-9*]+)"
_NAME = re.compile(rf"{_WORD}({_INDEX})*")
_GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega", "ell"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
}
# printed characters that fit on a line, by experience; what is longer anyway is set smaller
_LINE = 64
_OPERATORS = {
    "": "", "=": "=", "!=": r"\neq", "<": "<", "<=": r"\leq", ">": ">", ">=": r"\geq", "<=>": r"\Leftrightarrow",
    "=>": r"\Rightarrow", "and": r"\wedge", "or": r"\vee", "+": "+",
}  # fmt: skip


def mathematics(expression: sympy.Basic, text: Text = escaped) -> str:
    """LaTeX of one expression, for math mode; `text` writes plain words for the inside of \\text."""
    try:
        return _printed(expression, text)
    except Exception:  # a node that SymPy's printer cannot print is shown in SymPy's own notation
        return rf"\text{{{text(str(expression))}}}"


def displayed_lines(expression: sympy.Basic, text: Text = escaped) -> list[str]:
    """LaTeX of a displayed formula, line by line: each claim begins a line, long claims go on with an operator."""
    claims = statements(readable(expression))
    return [line for claim in claims for line in _packed([_piece(piece, text) for piece in pieces(claim)])]


def _packed(parts: list[str]) -> list[str]:
    lines: list[str] = []
    for part in parts:
        if lines and _width(lines[-1]) + _width(part) <= _LINE:
            lines[-1] = f"{lines[-1]} {part}"
        else:
            lines.append(rf"\qquad {part}" if lines else part)
    return lines


def _width(text: str) -> int:
    """Roughly the printed characters of the longest row: a command counts one, a bracket nothing."""
    rows = re.split(r"\\\\", re.sub(r"\\(begin|end)\{[^}]*\}", "", text))
    return max(len(re.sub(r"[{}\s]", "", re.sub(r"\\[a-zA-Z]+", "x", row))) for row in rows)


def _piece(piece: Piece, text: Text) -> str:
    body = mathematics(piece.expression, text)
    if piece.opening == "(" and piece.closing == ")":
        body = rf"\left({body}\right)"
    else:
        body = f"{piece.opening}{body}{piece.closing}"
    if piece.operator == "+" and body.lstrip().startswith("-"):
        return body.lstrip()
    return f"{_OPERATORS[piece.operator]} {body}".strip()


def _printed(expression: sympy.Basic, text: Text) -> str:
    strange = [symbol for symbol in expression.atoms(sympy.Symbol) if not _is_name(symbol.name)]
    if not all(_is_name(name) for name in _other_names(expression)):
        return rf"\text{{{text(str(expression))}}}"
    names = {symbol: rf"\text{{{text(symbol.name)}}}" for symbol in strange}
    sign = {"diff_operator": r"\partial"} if has_partial_derivatives(expression) else {}
    return str(_Printer({"symbol_names": names, "fold_short_frac": False, **sign}).doprint(expression))


class _Printer(LatexPrinter):
    """SymPy's printer, with a term without minus sign in front."""

    def _as_ordered_terms(self, expr: sympy.Add, order: Any = None) -> list[sympy.Expr]:
        return ordered_terms(expr)


def _other_names(expression: sympy.Basic) -> Iterable[str]:
    """Names of functions and matrices that a user may choose."""
    for node in sympy.preorder_traversal(expression):
        if isinstance(node, AppliedUndef):
            yield node.func.__name__
        elif isinstance(node, Str):
            yield node.name


def _is_name(name: str) -> bool:
    return name[1:] in _GREEK if name.startswith("\\") else bool(_NAME.fullmatch(name))

"""Where a long formula may be broken: after a comma, at a relation, between the terms of a sum."""

from dataclasses import dataclass, replace
from typing import final

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, BooleanFunction, Equivalent, Implies, Or

_RELATIONS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
# the printed length from which the terms of a sum may go to lines of their own
_LONG = 48


@final
@dataclass(frozen=True)
class Piece:
    """A part of a formula that stays together, after the operator that joins it to the part before it.

    opening, closing: brackets that begin before this part and end after it, perhaps after a later one.
    """

    operator: str
    expression: sympy.Basic
    opening: str = ""
    closing: str = ""


def statements(expression: sympy.Basic) -> tuple[sympy.Basic, ...]:
    """What is displayed one below the other: the members of a tuple of claims, or the formula itself."""
    claims = isinstance(expression, sympy.Tuple) and all(_is_claim(member) for member in expression.args)
    return expression.args if claims and expression.args else (expression,)


def pieces(expression: sympy.Basic) -> tuple[Piece, ...]:
    """The formula from left to right; the operators are written as in ASCII: =, <=, <=>, =>, and, or, +."""
    return tuple(_pieces("", expression))


def ordered_terms(expression: sympy.Add) -> list[sympy.Expr]:
    """SymPy's order of the terms, with one that has no minus sign in front where there is one: 1 - x, not -x + 1.

    A sum among the terms has no sign of its own; remainders O(...) are last.
    """
    terms = sorted(expression.as_ordered_terms(), key=lambda term: bool(term.is_Order))
    first = next((k for k, term in enumerate(terms) if term.is_Add or not term.could_extract_minus_sign()), 0)
    return [terms[first], *terms[:first], *terms[first + 1 :]]


def has_partial_derivatives(expression: sympy.Basic) -> bool:
    """Whether it differentiates by more than one variable: then also by names whose arguments are not written."""
    return len({variable for found in expression.atoms(sympy.Derivative) for variable in found.variables}) > 1


def _is_claim(expression: sympy.Basic) -> bool:
    return isinstance(expression, Relational | BooleanFunction)


def _pieces(operator: str, expression: sympy.Basic) -> list[Piece]:
    if isinstance(expression, Relational) and not any(isinstance(side, BooleanFunction) for side in expression.args):
        return [*_sum(operator, expression.lhs), *_sum(_RELATIONS[expression.rel_op], expression.rhs)]
    if isinstance(expression, Equivalent) and len(expression.args) == 2:
        return _joined(operator, "<=>", expression.args)
    if isinstance(expression, Implies):
        return _joined(operator, "=>", expression.args)
    if isinstance(expression, And | Or) and all(isinstance(part, Relational) for part in expression.args):
        return _joined(operator, "and" if isinstance(expression, And) else "or", _in_order(expression))
    return _sum(operator, expression)


def _joined(first: str, word: str, parts: tuple[sympy.Basic, ...]) -> list[Piece]:
    """Members that are themselves compound keep their brackets: they stay in one piece."""
    found = []
    for number, part in enumerate(parts):
        operator = word if number else first
        nested = isinstance(part, BooleanFunction) and not (isinstance(part, And | Or) and word in ("<=>", "=>"))
        found += [Piece(operator, part, "(", ")")] if nested else _pieces(operator, part)
    return found


def _in_order(expression: And | Or) -> tuple[sympy.Basic, ...]:
    return tuple(sorted(expression.args, key=sympy.default_sort_key))


def _sum(operator: str, expression: sympy.Basic) -> list[Piece]:
    """The terms of a long sum, the sign of a term with it; the factors of a product of matrices."""
    if isinstance(expression, sympy.MatMul) and all(isinstance(f, sympy.MatrixBase) for f in expression.args):
        return [Piece("" if number else operator, factor) for number, factor in enumerate(expression.args)]
    if not isinstance(expression, sympy.Add) or len(str(expression)) < _LONG:
        return [Piece(operator, expression)]
    found: list[Piece] = []
    for term in ordered_terms(expression):
        found += _term("+" if found else operator, term)
    return found


def _term(operator: str, term: sympy.Expr) -> list[Piece]:
    """A sum inside a sum, or a long sum that is subtracted, in brackets."""
    inner = term.args[1] if _is_negated_sum(term) else term
    if not inner.is_Add:
        return [Piece(operator, term)]
    parts = _sum("", inner)
    parts[0] = replace(parts[0], operator=operator, opening=("(" if inner is term else "-(") + parts[0].opening)
    parts[-1] = replace(parts[-1], closing=parts[-1].closing + ")")
    return parts


def _is_negated_sum(term: sympy.Expr) -> bool:
    return bool(term.is_Mul and len(term.args) == 2 and term.args[0] == -1 and term.args[1].is_Add)

"""Inequalities brought to one side, and their exact truth at a point."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean, BooleanFalse, BooleanTrue

from foundation import InputError
from symbolic.decide_zero import is_zero
from symbolic.prove_sign import holds, number_sign

_NAMES = {
    sympy.StrictGreaterThan: (">", 1),
    sympy.GreaterThan: (">=", 1),
    sympy.StrictLessThan: (">", -1),
    sympy.LessThan: (">=", -1),
    sympy.Equality: ("==", 1),
    sympy.Unequality: ("!=", 1),
}


@final
@dataclass(frozen=True)
class Relation:
    """The statement `gap` `relation` 0, with relation one of > >= == !=."""

    gap: sympy.Expr
    relation: str


def relation_of(atom: Relational) -> Relation:
    """A SymPy relational with everything on its greater side."""
    name, side = _NAMES[atom.func]
    return Relation(side * (atom.lhs - atom.rhs), name)


def without_absolute_values(condition: Boolean) -> Boolean:
    """The same condition with |f| < g as -g < f < g, and |f| > g as f > g or f < -g (also the weak forms)."""
    if isinstance(condition, sympy.And | sympy.Or | sympy.Not):
        return condition.func(*[without_absolute_values(part) for part in condition.args])
    if not isinstance(condition, Relational) or not (condition.lhs.has(sympy.Abs) or condition.rhs.has(sympy.Abs)):
        return condition
    if isinstance(condition.rhs, sympy.Abs) and not isinstance(condition.lhs, sympy.Abs):
        condition = condition.reversed
    inner, bound = condition.lhs, condition.rhs
    if not isinstance(inner, sympy.Abs) or bound.has(sympy.Abs):
        return condition
    value = inner.args[0]
    less = isinstance(condition, sympy.StrictLessThan | sympy.LessThan)
    opposite = condition.reversedsign.func
    pair = (condition.func(value, bound), opposite(value, -bound))
    return sympy.And(*pair) if less else sympy.Or(*pair)


def conjuncts(condition: Boolean) -> list[Relation] | None:
    """The relations of a conjunction; None for anything that is not a plain conjunction of relations."""
    condition = without_absolute_values(condition)
    parts = condition.args if isinstance(condition, sympy.And) else (condition,)
    if any(not isinstance(part, Relational) for part in parts):
        return [] if condition == sympy.true else None
    return [relation_of(part) for part in parts]


def truth_at(condition: Boolean, point: dict[sympy.Symbol, sympy.Expr]) -> bool | None:
    """The exact truth of `condition` at the numbers of `point`; None when undefined there or not decided."""
    if isinstance(condition, BooleanTrue | BooleanFalse):
        return bool(condition)
    if isinstance(condition, Relational):
        relation = relation_of(condition)
        value = relation.gap.xreplace(point)
        if value.free_symbols or value.has(sympy.zoo, sympy.nan, sympy.oo):
            return None
        side = number_sign(value)
        if side is None and relation.relation in ("==", "!="):
            zero = is_zero(value)
            return None if zero is None else zero is (relation.relation == "==")
        return None if side is None else holds(side, relation.relation)
    parts = [truth_at(part, point) for part in condition.args]
    if isinstance(condition, sympy.Not):
        return None if parts[0] is None else not parts[0]
    if isinstance(condition, sympy.And):
        return False if False in parts else (None if None in parts else True)
    if isinstance(condition, sympy.Or):
        return True if True in parts else (None if None in parts else False)
    raise InputError(f"the condition {condition} is not made of and, or, not and inequalities; rewrite it with these")

"""Polynomial inequalities that follow from others as non-negative combinations of their products."""

import itertools

import numpy as np
import sympy
from scipy.optimize import linprog
from sympy.polys.polyerrors import BasePolynomialError

from symbolic.prove_sign import Sign, prove_sign
from symbolic.relations import Relation

_SIDE = {">": Sign(1, True), ">=": Sign(1, False)}


def follows(premises: list[Relation], conclusion: Relation) -> bool:
    """Whether `conclusion` is shown to follow from `premises` (a sufficient test; False only means 'not shown').

    Shown are: a conclusion true by the assumptions of its symbols; one that is a premise times a factor of known sign;
    and one whose gap is sum c_m m with rational c_m >= 0 over products m of at most two premises and signed symbols
    (Handelman; a linear program proposes the c_m, exact rational arithmetic solves for them and checks the identity).
    """
    if _certain(prove_sign(conclusion.gap), conclusion.relation):
        return True
    premises = premises + _quotients(premises)
    if any(_rescales(premise, conclusion) for premise in premises):
        return True
    if conclusion.relation == "!=":
        return any(follows(premises, Relation(side * conclusion.gap, ">")) for side in (1, -1))
    if conclusion.relation == "==":
        return False
    return _combines(premises, conclusion)


def _certain(sign: Sign | None, relation: str) -> bool:
    if sign is None:
        return False
    table = {">": sign.side == 1 and sign.strict, ">=": sign.side == 1, "!=": sign.strict, "==": False}
    return table[relation]


def _quotients(premises: list[Relation]) -> list[Relation]:
    """From P > 0 and Q > 0 also P/Q > 0, where the quotient is a polynomial."""
    strict = [premise.gap for premise in premises if premise.relation == ">" and premise.gap.free_symbols]
    found = [sympy.cancel(top / bottom) for top, bottom in itertools.permutations(strict, 2)]
    symbols = {symbol for gap in strict for symbol in gap.free_symbols}
    return [Relation(quotient, ">") for quotient in found if quotient.is_polynomial(*symbols)]


def _rescales(premise: Relation, conclusion: Relation) -> bool:
    if premise.gap == 0:
        return False
    ratio = prove_sign(sympy.cancel(conclusion.gap / premise.gap))
    if ratio is None or not ratio.strict:
        return False
    if conclusion.relation in ("==", "!="):
        return premise.relation == conclusion.relation or (premise.relation == ">" and conclusion.relation == "!=")
    return ratio.side == 1 and (premise.relation == ">" or (premise.relation, conclusion.relation) == (">=", ">="))


def _combines(premises: list[Relation], conclusion: Relation) -> bool:
    """Denominators of known sign are cleared first, so that everything is a polynomial."""
    target = _cleared(conclusion)
    usable = [cleared for premise in premises if premise.relation in _SIDE and (cleared := _cleared(premise))]
    if target is None:
        return False
    symbols = sorted(target.gap.free_symbols.union(*(item.gap.free_symbols for item in usable)), key=str)
    usable += [Relation(symbol, ">") for symbol in symbols if symbol.is_positive]
    if target.relation == ">=":  # beside them a strict sum could hide behind a symbol that may be 0
        usable += [Relation(symbol, ">=") for symbol in symbols if symbol.is_nonnegative and not symbol.is_positive]
    products = [(sympy.Integer(1), True)]
    products += [(item.gap, item.relation == ">") for item in usable]
    products += [
        (left.gap * right.gap, left.relation == right.relation == ">")
        for left, right in itertools.combinations_with_replacement(usable, 2)
    ]
    products += [(symbol**2, False) for symbol in symbols]
    products += _signed_monomials(target.gap)
    weights = _solve([item for item, _ in products], target.gap, symbols)
    if weights is None:
        return False
    return target.relation == ">=" or any(weight > 0 and products[place][1] for place, weight in weights.items())


def _signed_monomials(expression: sympy.Expr) -> list[tuple[sympy.Expr, bool]]:
    terms = [sympy.Mul(*term.as_coeff_mul()[1]) for term in sympy.Add.make_args(sympy.expand(expression))]
    signs = [(term, prove_sign(term)) for term in terms]
    return [(term, sign.strict) for term, sign in signs if sign is not None and sign.side == 1]


def _cleared(relation: Relation) -> Relation | None:
    numerator, denominator = sympy.fraction(sympy.together(relation.gap))
    sign = prove_sign(denominator)
    if sign is None or not sign.strict:
        return None
    return Relation(sympy.expand(sign.side * numerator), relation.relation)


def _solve(
    products: list[sympy.Expr], target: sympy.Expr, symbols: list[sympy.Symbol]
) -> dict[int, sympy.Rational] | None:
    try:
        columns = [sympy.Poly(item, *symbols, domain="QQ").as_dict() for item in products]
        goal = sympy.Poly(target, *symbols, domain="QQ").as_dict()
    except BasePolynomialError:
        return None
    rows = sorted({monomial for column in [*columns, goal] for monomial in column})
    matrix = sympy.Matrix(len(rows), len(columns), lambda i, j: columns[j].get(rows[i], 0))
    right = sympy.Matrix([goal.get(row, 0) for row in rows])
    answer = linprog(
        np.ones(len(columns)),
        A_eq=np.array(matrix.tolist(), dtype=float),
        b_eq=np.array(right.tolist(), dtype=float).ravel(),
        method="highs-ds",
    )
    return None if answer.x is None else _exact_weights(matrix, right, np.flatnonzero(answer.x > 1e-9))


def _exact_weights(matrix: sympy.Matrix, right: sympy.Matrix, support: np.ndarray) -> dict[int, sympy.Rational] | None:
    places = [int(place) for place in support]
    columns = matrix.extract(list(range(matrix.rows)), places)
    unknown = sympy.symbols(f"w0:{len(places)}")
    solutions = sympy.linsolve((columns, right), *unknown) if places else sympy.EmptySet
    if not places or solutions == sympy.EmptySet:
        return None if any(right) or places else {}
    values = [value.subs(dict.fromkeys(unknown, 0)) for value in next(iter(solutions))]
    weights = sympy.Matrix(values)
    if any(value < 0 for value in values) or columns * weights != right:
        return None
    return dict(zip(places, values, strict=True))

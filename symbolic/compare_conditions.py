"""Does one condition on real symbols imply another, or are they equivalent?  Decided by exact arithmetic only."""

from collections.abc import Iterator

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from symbolic.nonnegative_combination import follows
from symbolic.outcome import CheckResult, failed, passed, undecided
from symbolic.prove_sign import number_sign
from symbolic.relations import conjuncts, relation_of, truth_at, without_absolute_values
from symbolic.sample_points import sample_points


def check_implies(premise: Boolean, conclusion: Boolean) -> CheckResult:
    """Whether `conclusion` holds for all values of the symbols (within their assumptions) for which `premise` does.

    One symbol: complete, by evaluating both conditions exactly on every cell of the line cut at the real roots.
    More symbols: conjunctions only, each conclusion as a non-negative combination of products of premises.
    Points where an expression of either side is undefined are left out.
    """
    premise, conclusion = without_absolute_values(premise), without_absolute_values(conclusion)
    witness = _refute(premise, conclusion)
    if witness is not None:
        return failed(f"at {witness} the premise holds and the conclusion does not")
    symbols = premise.free_symbols | conclusion.free_symbols
    if len(symbols) <= 1:
        return _on_the_line(premise, conclusion, symbols)
    premises, conclusions = conjuncts(premise), conjuncts(conclusion)
    if premises is None or conclusions is None:
        return undecided("conditions with 'or' in several symbols are outside this prover; split the step into cases")
    for target in conclusions:
        if not follows(premises, target):
            return undecided(f"no non-negative combination of the premises gives {target.gap} {target.relation} 0")
    return passed("each conclusion is a non-negative combination of products of the premises, found exactly")


def check_equivalent(left: Boolean, right: Boolean) -> CheckResult:
    """Both implications; the first that is not shown is the answer."""
    for premise, conclusion in ((left, right), (right, left)):
        result = check_implies(premise, conclusion)
        if result.outcome is not passed("").outcome:
            return result
    return result


def _refute(premise: Boolean, conclusion: Boolean) -> dict[sympy.Symbol, sympy.Rational] | None:
    for point in sample_points(premise.free_symbols | conclusion.free_symbols):
        if truth_at(premise, point) is True and truth_at(conclusion, point) is False:
            return point
    return None


def _on_the_line(premise: Boolean, conclusion: Boolean, symbols: set[sympy.Symbol]) -> CheckResult:
    if not symbols:
        pair = truth_at(premise, {}), truth_at(conclusion, {})
        if pair[0] is False or pair[1] is True:
            return passed("both sides are statements about numbers, decided by exact arithmetic")
        return (
            failed("the premise holds and the conclusion does not") if pair == (True, False) else undecided("no sign")
        )
    (symbol,) = symbols
    if symbol.is_real is not True or symbol.is_integer:
        return undecided(f"{symbol} is not declared real, or only whole numbers are meant")
    roots = _critical_points(premise, conclusion, symbol)
    if roots is None:
        return undecided(f"the conditions are not rational in {symbol} with computable real roots")
    for value in _cells(roots, symbol):
        if _undefined(premise, conclusion, symbol, value):
            continue
        pair = truth_at(premise, {symbol: value}), truth_at(conclusion, {symbol: value})
        if pair == (True, False):
            return failed(f"at {symbol} = {value} the premise holds and the conclusion does not")
        if pair[0] is not False and pair[1] is not True:
            return undecided(f"the truth at {symbol} = {value} was not decided")
    return passed(f"evaluated exactly on all {2 * len(roots) + 1} cells of the line cut at the real roots")


def _undefined(premise: Boolean, conclusion: Boolean, symbol: sympy.Symbol, value: sympy.Expr) -> bool:
    gaps = [relation_of(atom).gap for side in (premise, conclusion) for atom in side.atoms(Relational)]
    return any(gap.xreplace({symbol: value}).has(sympy.zoo, sympy.nan, sympy.oo) for gap in gaps)


def _critical_points(premise: Boolean, conclusion: Boolean, symbol: sympy.Symbol) -> list[sympy.Expr] | None:
    roots: list[sympy.Expr] = [sympy.Integer(0)]
    for atom in premise.atoms(Relational) | conclusion.atoms(Relational):
        for part in sympy.fraction(sympy.together(relation_of(atom).gap)):
            found = real_roots_of(part, symbol)
            if found is None:
                return None
            roots.extend(found)
    return _sorted_distinct(roots)


def real_roots_of(expression: sympy.Expr, symbol: sympy.Symbol) -> list[sympy.Expr] | None:
    """All real roots of a polynomial with rational coefficients, or of degree <= 2 with real algebraic ones."""
    try:
        polynomial = sympy.Poly(expression, symbol)
    except BasePolynomialError:
        return None
    if polynomial.gens != (symbol,) or polynomial.is_zero:
        return [] if polynomial.is_zero else None
    if all(coefficient.is_Rational for coefficient in polynomial.all_coeffs()):
        return list(dict.fromkeys(polynomial.real_roots())) if polynomial.degree() > 0 else []
    return _low_degree_roots(polynomial)


def _low_degree_roots(polynomial: sympy.Poly) -> list[sympy.Expr] | None:
    coefficients = polynomial.all_coeffs()
    if polynomial.degree() == 0:
        return []
    if number_sign(coefficients[0]) in (None, 0):
        return None
    if polynomial.degree() == 1:
        return [-coefficients[1] / coefficients[0]]
    if polynomial.degree() != 2:
        return None
    a, b, c = coefficients
    side = number_sign(sympy.expand(b**2 - 4 * a * c))
    if side is None or side < 0:
        return None if side is None else []
    return [(-b + s * sympy.sqrt(b**2 - 4 * a * c)) / (2 * a) for s in ((1, -1) if side else (1,))]


def _sorted_distinct(numbers: list[sympy.Expr]) -> list[sympy.Expr] | None:
    ordered: list[sympy.Expr] = []
    for number in numbers:
        signs = [number_sign(number - other) for other in ordered]
        if None in signs:
            return None
        if 0 not in signs:
            ordered.insert(signs.count(1), number)
    return ordered


def _cells(roots: list[sympy.Expr], symbol: sympy.Symbol) -> Iterator[sympy.Expr]:
    """The roots themselves and one rational number in every open interval between them, within the assumptions."""
    for value in _representatives(roots):
        side = number_sign(value)
        allowed = {1: symbol.is_nonpositive, -1: symbol.is_nonnegative, 0: symbol.is_nonzero}
        if not (side is not None and allowed[side]):
            yield value


def _representatives(roots: list[sympy.Expr]) -> Iterator[sympy.Expr]:
    yield sympy.floor(roots[0]) - 1
    for left, right in zip(roots, [*roots[1:], None], strict=True):
        yield left
        yield sympy.floor(left) + 2 if right is None else _rational_between(left, right)


def _rational_between(left: sympy.Expr, right: sympy.Expr) -> sympy.Rational:
    digits = 5
    while True:
        middle = sympy.Rational(str(sympy.N((left + right) / 2, digits)))
        if number_sign(middle - left) == 1 and number_sign(right - middle) == 1:
            return middle
        digits *= 2

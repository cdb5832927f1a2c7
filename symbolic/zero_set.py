"""Where a loss vanishes, or where its gradient does: implicit equations, and explicit branches that are checked."""

from dataclasses import dataclass
from typing import final

import sympy
from sympy.polys.polyerrors import BasePolynomialError

from symbolic.checks import AllOf, Check, Equal, IsRoot, RealRootsAre, SignIs, SolvesFor
from symbolic.compare_conditions import real_roots_of
from symbolic.derivation import Step
from symbolic.outcome import Outcome
from symbolic.prove_sign import prove_sign

Branch = dict[sympy.Symbol, sympy.Expr]
_MOST_OPERATIONS = 30
_MOST_SOLUTIONS = 9


@final
@dataclass(frozen=True)
class ZeroSet:
    """{equations = 0}, with the branches found; `complete` says whether they are shown to be the whole set.

    `of_the_loss`: the equations are the residuals of a sum of squares, so that the set is {loss = 0}; otherwise they
    are the gradient. A branch maps the solved parameters to expressions in the free ones.
    """

    equations: tuple[sympy.Expr, ...]
    weights: tuple[sympy.Expr, ...]
    of_the_loss: bool
    branches: tuple[Branch, ...]
    complete: bool


def sum_of_squares(loss: sympy.Expr) -> tuple[tuple[sympy.Expr, ...], tuple[sympy.Expr, ...]] | None:
    """(weights, residuals) with loss = sum weight_i residual_i^2 and every weight provably positive, or None."""
    for form in (loss, sympy.factor(loss)):
        terms = [_as_square(term) for term in sympy.Add.make_args(form)]
        found = [term for term in terms if term is not None and term[1].free_symbols]
        if found and len(found) == len(terms):
            return tuple(weight for weight, _ in found), tuple(residual for _, residual in found)
    return None


def _as_square(term: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr] | None:
    weight, residual = sympy.Integer(1), sympy.Integer(1)
    for factor in sympy.Mul.make_args(term):
        base, power = factor.as_base_exp()
        if power.is_Integer and power > 0 and power % 2 == 0 and base.free_symbols:
            residual *= base ** (power / 2)
        else:
            weight *= factor
    sign = prove_sign(weight)
    return (weight, residual) if sign is not None and sign.strict and sign.side == 1 else None


def find_zero_set(
    loss: sympy.Expr,
    gradient: sympy.MatrixBase,
    parameters: tuple[sympy.Symbol, ...],
    name: sympy.Symbol,
    search: bool = True,
) -> tuple[ZeroSet, list[Step]]:
    """The zero set with the steps that establish it; without `search` only solutions that are read off are listed."""
    squares = sum_of_squares(loss)
    if squares is None:
        return _critical_set(gradient, parameters, search)
    weights, residuals = squares
    step = _squares_step(name, loss, weights, residuals)
    branches, complete, steps = _branches(residuals, parameters, search)
    if not branches and complete:
        return _critical_set(gradient, parameters, search)
    return ZeroSet(residuals, weights, True, branches, complete), [step, *steps]


def _squares_step(
    name: sympy.Symbol, loss: sympy.Expr, weights: tuple[sympy.Expr, ...], residuals: tuple[sympy.Expr, ...]
) -> Step:
    """A loss that is already written as its squares is displayed as not negative."""
    squares = sympy.Add(*[w * r**2 for w, r in zip(weights, residuals, strict=True)])
    first = SignIs(name, ">=") if squares == loss else Equal(name, squares)
    checks: list[Check] = [first, *(SignIs(weight, ">") for weight in weights if weight.free_symbols)]
    return Step(
        "The loss is a sum of squares with positive weights, hence non-negative, and it vanishes exactly where all the "
        "squared terms vanish.",
        reason="A sum of non-negative terms is zero if and only if each of them is.",
        check=checks[0] if len(checks) == 1 else AllOf(tuple(checks)),
    )


def _critical_set(
    gradient: sympy.MatrixBase, parameters: tuple[sympy.Symbol, ...], search: bool
) -> tuple[ZeroSet, list[Step]]:
    equations = tuple(sympy.fraction(sympy.together(entry))[0] for entry in gradient)
    branches, complete, steps = _branches(equations, parameters, search)
    return ZeroSet(equations, (), False, branches, complete), steps


def _branches(
    equations: tuple[sympy.Expr, ...], parameters: tuple[sympy.Symbol, ...], search: bool
) -> tuple[tuple[Branch, ...], bool, list[Step]]:
    if len(equations) == len(parameters) == 1:
        return _on_the_line(equations[0], parameters[0])
    if len(equations) == 1:
        for variable in reversed(parameters):
            linear = _linear_branch(equations[0], variable)
            if linear is not None:
                return linear
    return _solved(equations, parameters) if search else ((), False, [])


def _on_the_line(equation: sympy.Expr, variable: sympy.Symbol) -> tuple[tuple[Branch, ...], bool, list[Step]]:
    roots = None if equation.free_symbols != {variable} else real_roots_of(equation, variable)
    if roots is None:
        return _solved((equation,), (variable,))
    check = RealRootsAre(equation, variable, tuple(roots))
    step = Step(
        f"The equation has exactly {len(roots)} real solution{'s' if len(roots) != 1 else ''}.",
        reason="Real root isolation of a polynomial is complete.",
        check=check,
    )
    return tuple({variable: root} for root in roots), True, [step]


def _linear_branch(equation: sympy.Expr, variable: sympy.Symbol) -> tuple[tuple[Branch, ...], bool, list[Step]] | None:
    try:
        polynomial = sympy.Poly(sympy.expand(equation), variable)
        if polynomial.degree() != 1:
            return None
        slope, constant = polynomial.all_coeffs()
        check = SolvesFor(equation, variable, sympy.cancel(-constant / slope))
        if check.verify({}).outcome is not Outcome.PASSED:
            return None
    except BasePolynomialError:
        return None
    step = Step(
        f"The zero set is the graph of one function: the equation can be solved for {variable}.",
        reason="The equation is linear in this parameter, and its two coefficients never vanish together.",
        check=check,
    )
    return ({variable: check.solution},), True, [step]


def _solved(
    equations: tuple[sympy.Expr, ...], parameters: tuple[sympy.Symbol, ...]
) -> tuple[tuple[Branch, ...], bool, list[Step]]:
    candidates = _candidates(equations, parameters)
    branches = tuple(branch for branch in candidates if _is_branch(equations, branch))
    steps = [
        Step(
            "The following values satisfy all the equations; that there are no others is not claimed.",
            reason="Substitution.",
            check=IsRoot(equations, tuple(branch.items())),
        )
        for branch in branches
    ]
    return branches, False, steps


def _candidates(equations: tuple[sympy.Expr, ...], parameters: tuple[sympy.Symbol, ...]) -> list[Branch]:
    if not _is_mild(equations, parameters):
        return []
    try:
        found = sympy.solve(equations, list(reversed(parameters)), dict=True)
    except (NotImplementedError, BasePolynomialError, ValueError, TypeError, RecursionError):
        return []
    return [branch for branch in found if branch and set(branch) <= set(parameters)]


def _is_mild(equations: tuple[sympy.Expr, ...], parameters: tuple[sympy.Symbol, ...]) -> bool:
    """Whether SymPy's solver is likely to answer in seconds: few solutions (Bezout) or a short formula."""
    try:
        degrees = [sympy.Poly(equation, *parameters).total_degree() for equation in equations]
    except BasePolynomialError:
        return sum(sympy.count_ops(equation) for equation in equations) <= _MOST_OPERATIONS
    return bool(sympy.prod(degrees) <= _MOST_SOLUTIONS)


def _is_branch(equations: tuple[sympy.Expr, ...], branch: Branch) -> bool:
    if any(value.is_real is not True and not _real_where_defined(value) for value in branch.values()):
        return False
    return IsRoot(equations, tuple(branch.items())).verify({}).outcome is Outcome.PASSED


def _real_where_defined(value: sympy.Expr) -> bool:
    """A rational function of real symbols is real wherever it is defined."""
    return all(symbol.is_real for symbol in value.free_symbols) and value.is_rational_function(*value.free_symbols)

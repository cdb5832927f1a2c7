"""Averages with vanishing weights (schedule-free training): a slow direction whose contraction tends to none.

The rule is z' = z - k g(y), y' = y + s c (z - y) - (a + b c) g(y), exactly, with c = w / W', W' = W + w: the weights
sum to infinity and tend to zero. For a, k, s > 0 a minimum is stable if |1 - a h| < 1 for each eigenvalue h of the
Hessian across the minima, and every start near it converges; the proof is in docs/theory/averages.md. An exact
identity of polynomials in c is what is checked: balls do not see that 1 - c is below one.
"""

from collections.abc import Callable, Sequence

import numpy as np
from flint import fmpq, fmpq_poly

from certify.arithmetic import Ball
from certify.effort import charge
from certify.training.optimizer.jets import Jet
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import PARAMS, Linearised
from certify.training.optimizer.scalars import Recipes, Scalar
from certify.training.optimizer.stable_curvatures import Plane

# the variables are: parameter, gradient, memory...
_PARAMETER, _GRADIENT, _AVERAGED = 0, 1, 2


def averaged_plane(found: Linearised, leaves: Sequence[Leaf]) -> Plane | None:
    """The step a of gradient descent that decides, as the matrix 1 - a h; None where the rule is another one."""
    weight = _weight(found, leaves)
    moved = _the_moved(found, leaves)
    update = found.update
    if weight is None or moved is None or not _is_linear(update) or not _is_linear(moved):
        return None
    rows = [[_polynomial(found.recipes, entry, weight) for entry in jet.form] for jet in (update, moved)]
    known = [[entry for entry in row if entry is not None] for row in rows]
    if [len(row) for row in known] != [len(row) for row in rows]:
        return None
    (p, g, z), (zp, zg, zz) = known
    c = fmpq_poly([0, 1])
    k, s, a = -_coefficient(zg, 0), _coefficient(z, 1), -_coefficient(g, 0)
    is_rule = (
        [zp, zz, zg] == [0, fmpq_poly([1]), fmpq_poly([-k])]
        and z == s * c
        and p == -(s * c)
        and g.degree() <= 1
        and min(k, s, a) > 0
    )
    return Plane(Ball.exact(np.ones((1, 1))), _ball(-a)) if is_rule else None


def _is_linear(jet: Jet) -> bool:
    """Whether the jet has no remainder at all, and the whole form."""
    return jet.order == np.inf and len(jet.form) == _AVERAGED + 1


def _the_moved(found: Linearised, leaves: Sequence[Leaf]) -> Jet | None:
    """The new value of the one array of memory that moves, a copy of the parameters; all else is the rule's own."""
    moved = None
    for leaf, jet in zip(leaves, found.memory, strict=True):
        if leaf.kind == "params" and jet is not None:
            keeps = jet.base == (PARAMS, 1) and np.array_equal(jet.owner, leaf.owner)
            if moved is not None and [e.key for e in moved.form] != [e.key for e in jet.form]:
                return None
            if not keeps or not _is_linear(jet) or len(found.groups) != 1:
                return None
            moved = jet
        elif (leaf.kind == "kept" and (jet is None or not jet.is_constant or jet.base is None)) or leaf.kind not in (
            "params",
            "kept",
            "clock",
            "cycle",
            "sum",
        ):
            return None
    return moved


def _weight(found: Linearised, leaves: Sequence[Leaf]) -> int | None:
    """The key of w / (W + w), where W + w is the new value of the one growing sum W, and w a positive number."""
    recipes = found.recipes
    sums = [(k, jet) for k, (leaf, jet) in enumerate(zip(leaves, found.memory, strict=True)) if leaf.kind == "sum"]
    if len(sums) != 1 or sums[0][1] is None or not isinstance(sums[0][1].value, Scalar):
        return None
    before, after = recipes.known.get(("named", "sum", sums[0][0])), sums[0][1].value.key
    name, *parts = recipes.recipes[after]
    if name != "add" or before not in parts or not sums[0][1].is_constant:
        return None
    weight = parts[1] if parts[0] == before else parts[0]
    known = recipes.scalars.get(weight)
    # `check_counters` has seen that the weight is the same in every step: W / w counts the steps
    if known is None or not float(known.ball.lower) > 0:
        return None
    return recipes.known.get(("div", weight, after))


def _polynomial(recipes: Recipes, scalar: Scalar, symbol: int) -> fmpq_poly | None:
    """The number as a polynomial in that of the key `symbol`, by its recipe; None where it is none with exact
    coefficients."""
    charge("words", len(recipes.recipes))
    done: dict[int, fmpq_poly | None] = {symbol: fmpq_poly([0, 1])}
    # a recipe's parts have smaller numbers than itself, except the symbol
    for key in range(scalar.key + 1):
        if key not in done:
            done[key] = _combined(recipes.recipes[key], done)
    return done[scalar.key]


def _combined(recipe: tuple[object, ...], done: dict[int, fmpq_poly | None]) -> fmpq_poly | None:
    name, *parts = recipe
    if name == "constant":
        numerator, denominator = float.fromhex(str(parts[0])).as_integer_ratio()
        return fmpq_poly([fmpq(numerator, denominator)])
    found = [done.get(k) if isinstance(k, int) else None for k in parts]
    operands = [x for x in found if x is not None]
    if name == "named" or not operands or len(operands) < len(found):
        return None
    x, y = operands[0], operands[-1]
    if name == "div":
        return _over(x, y[0]) if y.degree() == 0 else None
    rules: dict[object, Callable[[], fmpq_poly]] = {
        "add": lambda: x + y,
        "sub": lambda: x - y,
        "mul": lambda: x * y,
        "neg": lambda: -x,
        "square": lambda: x * x,
    }
    return rules[name]() if name in rules else None


def _over(polynomial: fmpq_poly, number: fmpq) -> fmpq_poly:
    return polynomial * fmpq_poly([1 / number])


def _coefficient(polynomial: fmpq_poly, k: int) -> fmpq:
    return polynomial[k] if k <= polynomial.degree() else fmpq(0)


def _ball(number: fmpq) -> Ball:
    middle = np.array([int(number.p) / int(number.q)])
    return Ball(middle, np.abs(middle) * 2.0**-52)

"""Square roots of what is never negative by its form: sums of squares, variances, 1 - cos.

Rounded outward, the enclosure of such a value reaches below 0 where the value touches 0. Its root is that of the part
which is not negative: a one-sided enclosure.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.program import Equation, Program

# Never negative wherever they have a value.
_SURELY = frozenset(("square", "exp", "abs", "cosh", "softmax", "logistic", "sqrt", "rsqrt", "erfc"))
_INHERITED = frozenset(
    ("reduce_sum", "reshape", "transpose", "broadcast_in_dim", "slice", "reduce_max", "reduce_min", "cumsum")
)
_JOINT = frozenset(("add", "mul", "div", "concatenate", "min"))
_BELOW_ONE = frozenset(("cos", "sin", "tanh", "erf", "logistic", "softmax"))


@lru_cache(maxsize=256)
def safe_roots(program: Program) -> frozenset[int]:
    """Positions of the equations that are square roots of what is never negative by its form."""
    if not any(equation.primitive == "sqrt" for equation in program.equations):
        return frozenset()
    first = program.first_equation
    known = [False] * len(program.inputs)
    known += [array.dtype == np.float64 and bool((array >= 0).all()) for array in program.constants]
    for equation in program.equations:
        known.append(_is_nonnegative(program, equation.primitive, equation.operands, equation.parameters, known))
    return frozenset(
        position
        for position, equation in enumerate(program.equations)
        if equation.primitive == "sqrt" and equation.operands[0] >= first and known[equation.operands[0]]
    )


def _is_nonnegative(
    program: Program, primitive: str, operands: tuple[int, ...], parameters: Any, known: list[bool]
) -> bool:
    if primitive in _SURELY:
        return True
    if primitive in _INHERITED or primitive in _JOINT:
        return all(known[x] for x in operands)
    if primitive == "max":
        return any(known[x] for x in operands)
    if primitive == "integer_pow":
        return parameters["exponent"] % 2 == 0
    if primitive == "mul" and operands[0] == operands[1]:
        return True
    return primitive == "sub" and _smallest(program, operands[0]) >= 1 and _stays_below_one(program, operands[1])


def _smallest(program: Program, ref: int) -> float:
    """The smallest entry of a constant, also spread over a shape; -inf for other values."""
    ref = _behind(program, ref)
    place = ref - len(program.inputs)
    if not 0 <= place < len(program.constants) or program.constants[place].dtype != np.float64:
        return -np.inf
    return float(program.constants[place].min(initial=np.inf))


def _stays_below_one(program: Program, ref: int) -> bool:
    place = _behind(program, ref) - program.first_equation
    return place >= 0 and program.equations[place].primitive in _BELOW_ONE


def _behind(program: Program, ref: int) -> int:
    while ref >= program.first_equation:
        equation = program.equations[ref - program.first_equation]
        if equation.primitive not in ("broadcast_in_dim", "reshape"):
            return ref
        ref = equation.operands[0]
    return ref


def without_negative_part(value: Any) -> Any:
    """The ball, or the Arb balls, cut at 0 from below; other values are left as they are."""
    if isinstance(value, Ball):
        lower, upper = value.lower, value.upper
        cut = (lower < 0) & (upper >= 0) & np.isfinite(upper)
        if not cut.any():
            return value
        part = Ball.from_bounds(np.zeros(value.shape), np.where(cut, upper, 0.0))
        # the half of a sum of floats may be rounded: the lower end must not reach below 0
        return Ball(np.where(cut, np.maximum(part.mid, part.rad), value.mid), np.where(cut, part.rad, value.rad))
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.frompyfunc(_cut, 1, 1)(value)
    return value


@lru_cache(maxsize=256)
def log_shares(program: Program) -> frozenset[int]:
    """Positions of the equations x - logsumexp(x): log softmax, which is never positive."""
    return frozenset(
        position
        for position, equation in enumerate(program.equations)
        if equation.primitive == "sub" and _is_log_share(program, *equation.operands)
    )


def _is_log_share(program: Program, x: int, total: int) -> bool:
    """Whether each entry of `total` is the logarithm of the sum over the axes through that entry of x."""
    shape = program.signatures[x].shape
    spread = _made_by(program, total, "broadcast_in_dim")
    core = total if spread is None else spread.operands[0]
    summed = _made_by(program, core, "logsumexp")
    if summed is None or summed.operands[0] != x or program.signatures[total].shape not in (shape, ()):
        return False
    kept = tuple(axis for axis in range(len(shape)) if axis not in summed.parameters["axes"])
    return not kept if spread is None else tuple(spread.parameters["axes"]) == kept


def _made_by(program: Program, ref: int, primitive: str) -> Equation | None:
    equation = program.equations[ref - program.first_equation] if ref >= program.first_equation else None
    return equation if equation is not None and equation.primitive == primitive else None


def without_positive_part(value: Any) -> Any:
    """The ball, or the Arb balls, cut at 0 from above."""
    if isinstance(value, Ball):
        return -without_negative_part(-value)
    # balls below 0 keep their precision: a negative of python-flint would be rounded
    return np.frompyfunc(lambda x: x if x <= 0 else -_cut(-x), 1, 1)(value)


def intersected(value: Any, known: Ball) -> Any:
    """The entries of a ball (1, *shape), replaced by those of `known` (shape) where these are narrower."""
    if not isinstance(value, Ball):
        return value
    narrower = known.rad < value.rad
    return Ball(np.where(narrower, known.mid, value.mid), np.where(narrower, known.rad, value.rad))


def _cut(x: Any) -> Any:
    """A ball above 0 is left as it is: python-flint would round it to the precision that is set just now."""
    return x if not hasattr(x, "nonnegative_part") or x >= 0 else x.nonnegative_part()

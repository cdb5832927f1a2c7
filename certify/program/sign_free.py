"""Whether a program depends on the signs of eigenvectors, which nothing determines.

If the sign of vector number k is s_k = 1 or -1, each entry of a value is followed by the product of signs that it
carries: V_ik carries s_k, V_ik V_jk carries none, sums carry what all their terms carry. So v v^T, |v|, V f(W) V^T and
derivatives of eigenvalues are seen to be the same functions whatever the signs are. What a rule does not see through
counts as dependent: the program is refused.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from certify.effort import charge
from certify.program.balls import Balls
from certify.program.evaluate import last_uses
from certify.program.primitives.contraction import free_axes
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import SIGNED, Equation, Program
from certify.program.values import aligned
from foundation import InputError

# Numbers of what an entry may carry: an exact zero, no sign, an unknown dependence; products of signs follow.
_ZERO, _NONE, _UNKNOWN = 0, 1, 2
_MANY_TERMS = 2**25


def require_sign_free(program: Program) -> None:
    """Raises `InputError` unless all outputs are proved to be the same for all signs of the program's eigenvectors."""
    if not any(equation.primitive in SIGNED for equation in program.equations):
        return
    place = _Carried(program).dependent()
    if place is not None:
        raise InputError(
            "eigenvectors and singular vectors are determined up to their signs only, and the result may depend on "
            f"these{f' (first at {place})' if place else ''}; use functions that do not, such as v v^T, |v| or "
            "v * sign(v[k])"
        )


@final
class _Carried:
    """What each entry of each value carries, as numbers of shape (1, *shape)."""

    def __init__(self, program: Program) -> None:
        self.program, self.place = program, ""
        # the products of signs by number, as bits; the first three numbers have none of their own
        self.products: list[int] = [0, 0, 0]
        self.numbers: dict[int, int] = {0: _NONE}
        self.signs = 0

    def dependent(self) -> str | None:
        """None: no output depends on a sign; else the source line of the first doubtful equation, if it is known."""
        program = self.program
        values: list[Any] = [np.full((1, *s.shape), _NONE) for s in program.inputs]
        values += [_of_constant(array) for array in program.constants]
        uses = last_uses(program)
        for position, equation in enumerate(program.equations):
            own = [values[ref] for ref in equation.operands]
            charge("entries", equation.signature.size + sum(x.size for x in own))
            result = np.broadcast_to(self._carried(equation, own), (1, *equation.signature.shape))
            if not self.place and np.any(result == _UNKNOWN):
                self.place = equation.source
            values.append(result)
            for ref in uses.get(position, ()):
                values[ref] = None
        return None if all(_is_free(values[ref]) for ref in program.outputs) else self.place

    def _carried(self, equation: Equation, own: list[np.ndarray]) -> np.ndarray:
        name, free = equation.primitive, all(map(_is_free, own))
        if name in SIGNED:
            return self._of_vectors(equation) if free else np.asarray(_UNKNOWN)
        if name in _STRUCTURAL:
            return np.asarray(PRIMITIVES[name].evaluate(Balls(), own, equation.parameters))
        if name == "mul":
            return self._product(*aligned(Balls(), own))
        if name == "div":
            return self._product(*aligned(Balls(), [own[0], np.where(own[1] == _ZERO, _UNKNOWN, own[1])]))
        if name in ("add", "sub"):
            return _common(np.stack(np.broadcast_arrays(*aligned(Balls(), own))), 0)
        if name == "dot_general":
            return self._contracted(own, equation.parameters, free)
        if name in _SUMS:
            return _SUMS[name](own[0], equation)
        if name in ("take", "scatter_add", "select_n"):
            return self._placed(equation, own)
        if name == "slope_of_abs":  # at 0 it may be anything between -1 and 1
            return np.where(own[0] == _ZERO, _UNKNOWN, own[0])
        if name in _ODD or (name == "integer_pow" and equation.parameters["exponent"] > 0):
            even = name == "integer_pow" and equation.parameters["exponent"] % 2 == 0
            return _even(own[0]) if even else own[0]
        if name in _EVEN:
            return _even(own[0])
        return np.asarray(_NONE if free else _UNKNOWN)

    def _of_vectors(self, equation: Equation) -> np.ndarray:
        """A sign of its own for each column of each matrix."""
        shape = (1, *equation.signature.shape)
        columns = [self._number(1 << (self.signs + i)) for i in range(math.prod(shape[:-2]) * shape[-1])]
        self.signs += len(columns)
        return np.broadcast_to(np.array(columns).reshape(*shape[:-2], 1, shape[-1]), shape)

    def _number(self, signs: int) -> int:
        if signs not in self.numbers:
            self.numbers[signs] = len(self.products)
            self.products.append(signs)
        return self.numbers[signs]

    def _product(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Signs of both: those that meet themselves are 1; a factor that is 0 makes 0."""
        x, y = np.broadcast_arrays(x, y)
        pairs, places = np.unique(np.stack([x.ravel(), y.ravel()]), axis=1, return_inverse=True)
        charge("entries", x.size)
        found = np.array([self._of_pair(int(a), int(b)) for a, b in pairs.T], np.int64)
        return found[places.reshape(-1)].reshape(x.shape)

    def _of_pair(self, a: int, b: int) -> int:
        if _ZERO in (a, b):
            return _ZERO
        return _UNKNOWN if _UNKNOWN in (a, b) else self._number(self.products[a] ^ self.products[b])

    def _contracted(self, own: list[np.ndarray], parameters: Mapping[str, Any], free: bool) -> np.ndarray:
        sides = []
        for x, side in zip(own, ("left", "right"), strict=True):
            batch, contract = parameters[f"{side}_batch"], parameters[f"{side}_contract"]
            groups = (batch, free_axes(x.ndim - 1, batch, contract), contract)
            order = (0, *(axis + 1 for group in groups for axis in group))
            sides.append(np.transpose(x, order).reshape([math.prod(x.shape[1 + a] for a in group) for group in groups]))
        left, right = sides[0][:, :, None], sides[1][:, None]
        terms = math.prod(np.broadcast_shapes(left.shape, right.shape))
        if free:
            met = np.matmul((sides[0] != _ZERO).astype(float), (sides[1] != _ZERO).astype(float).swapaxes(-1, -2)) > 0
            result = np.where(met, _NONE, _ZERO)
        elif terms > _MANY_TERMS:
            return np.asarray(_UNKNOWN)
        else:
            result = _common(self._product(left, right), -1)
        x, y = own
        lengths = [x.shape[1 + a] for a in parameters["left_batch"]]
        for side, operand in (("left", x), ("right", y)):
            rest = free_axes(operand.ndim - 1, parameters[f"{side}_batch"], parameters[f"{side}_contract"])
            lengths += [operand.shape[1 + a] for a in rest]
        return result.reshape(1, *lengths)

    def _placed(self, equation: Equation, own: list[np.ndarray]) -> np.ndarray:
        """Entries moved to positions, or selected: exactly where the program's constants say which."""
        which = 0 if equation.primitive == "select_n" else 1
        moved = [x for place, x in enumerate(own) if place != which]
        if not _is_free(own[which]):
            return np.asarray(_UNKNOWN)
        number = equation.operands[which] - len(self.program.inputs)
        known = self.program.constants[number][None] if 0 <= number < len(self.program.constants) else None
        if known is None:
            # whatever comes is one of these, or a sum of some
            if which == 1:
                return _common(moved[0].reshape(-1), 0)
            return _common(np.stack(np.broadcast_arrays(*aligned(Balls(), moved))), 0)
        if equation.primitive == "scatter_add":
            return _gathered(moved[0].reshape(-1), known.reshape(-1), equation.signature.shape)
        given = [known, *moved] if which == 0 else [moved[0], known]
        return np.asarray(PRIMITIVES[equation.primitive].evaluate(Balls(), given, equation.parameters))


def _of_constant(array: np.ndarray) -> np.ndarray:
    return np.where(array[None] == 0, _ZERO, _NONE)


def _is_free(x: np.ndarray) -> bool:
    return bool(np.all(x <= _NONE))


def _even(x: np.ndarray) -> np.ndarray:
    return np.where((x == _ZERO) | (x == _UNKNOWN), x, _NONE)


def _common(x: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    """What a sum along the axes carries: what all its terms carry, zeros aside."""
    high = np.max(x, axis=axis, initial=_ZERO)
    low = np.min(np.where(x == _ZERO, np.iinfo(np.int64).max, x), axis=axis, initial=np.iinfo(np.int64).max)
    return np.where((high == _ZERO) | (low == high), high, _UNKNOWN)


def _gathered(x: np.ndarray, positions: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """What the sums of the entries at each position carry."""
    size = math.prod(shape)
    kept = positions >= 0
    high, low = np.zeros(size, np.int64), np.full(size, np.iinfo(np.int64).max)
    np.maximum.at(high, positions[kept], x[kept])
    np.minimum.at(low, positions[kept & (x != _ZERO)], x[kept & (x != _ZERO)])
    return np.where((high == _ZERO) | (low == high), high, _UNKNOWN).reshape(1, *shape)


def _summed(x: np.ndarray, equation: Equation) -> np.ndarray:
    return _common(x, tuple(axis + 1 for axis in equation.parameters["axes"]))


def _partly_summed(x: np.ndarray, equation: Equation) -> np.ndarray:
    axes = tuple(axis + 1 for axis in equation.parameters["axes"])
    return np.expand_dims(_common(x, axes), axes)


_SUMS: dict[str, Callable[[np.ndarray, Equation], np.ndarray]] = {"reduce_sum": _summed, "cumsum": _partly_summed}
# entries are moved as they stand; what is filled in are zeros
_STRUCTURAL = frozenset(("reshape", "transpose", "broadcast_in_dim", "concatenate", "slice", "pad", "rev"))
# f(-x) = -f(x), as a set at jumps; f(0) = 0
_ODD = frozenset(
    (
        *("neg", "sin", "tan", "asin", "atan", "sinh", "asinh", "atanh", "tanh", "erf", "erf_inv", "cbrt", "sign"),
        "narrow",
    )
)
# f(-x) = f(x) and f(0) = 0
_EVEN = frozenset(("abs", "square"))

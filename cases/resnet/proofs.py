"""The residual block f(h) = V sigma(W h + b) in balls, in Arb and in JAX, and the certified behaviour of one layer."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import jax.numpy as jnp
import numpy as np

from certify.arithmetic import Ball, logistic, tanh
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.integral import exact_arb
from certify.linear_algebra import determinant, is_positive_definite, spectral_norm
from certify.verdict import Verdict
from foundation import InputError

Rows = tuple[tuple[Fraction, ...], ...]
_PIECES, _TIGHT = 48, 1e-3


@final
@dataclass(frozen=True)
class Block:
    """W (k, d), V (d, k) and b (k), exact, with sigma = identity, tanh or sigmoid; `step` is T/L."""

    inner: Rows
    outer: Rows
    bias: tuple[Fraction, ...]
    activation: str
    step: Fraction

    @property
    def is_affine(self) -> bool:
        """Whether sigma is the identity."""
        return self.activation == "identity"

    def field(self, library: Any = jnp) -> Callable[[Any], Any]:
        """f on the nearest floats, in JAX or NumPy."""
        w, v = np.array(self.inner, float), np.array(self.outer, float)
        b = np.array(self.bias, float)
        return lambda h: v @ _sigma(w @ h + b, self.activation, library)[0]

    def field_and_error(self, scale: Fraction = Fraction(1), library: Any = jnp) -> Callable[[Any], Any]:
        """(h, c E) -> (f(h), Df(h) (c E + c f(h)/2)), c = scale; traced it is exact, for quotients of whole numbers."""
        parts = [_quotients(rows) for rows in (self.inner, self.outer, (self.bias,), ((scale / 2,),))]
        size = len(self.outer)

        def field(state: Any) -> Any:
            w, v, b, half = (library.asarray(above) / library.asarray(below) for above, below in parts)
            value, slope = _sigma(w @ state[:size] + b[0], self.activation, library)
            moved = v @ value
            return library.concatenate([moved, v @ (slope * (w @ (state[size:] + half[0, 0] * moved)))])

        return field

    def slopes(self, box: Ball) -> Ball:
        """The derivative of step * f over a box of states, Ball (d,) -> Ball (d, d)."""
        w, v = _balls(self.inner), _balls(self.outer)
        z = w @ box + rational_ball(np.array(self.bias, dtype=object))
        if self.is_affine:
            gain = Ball.exact(np.ones(len(self.bias)))
        elif self.activation == "tanh":
            gain = 1.0 - tanh(z).square()
        else:
            gain = 0.25 - (logistic(z) - 0.5).square()
        return (v * gain.reshape(1, -1)) @ w * rational_ball(self.step)


@final
@dataclass(frozen=True)
class ArbBlock:
    """The same block in Arb at the current precision."""

    inner: flint.arb_mat
    outer: flint.arb_mat
    bias: list[flint.arb]
    activation: str
    step: flint.arb

    @staticmethod
    def of(block: Block) -> "ArbBlock":
        """Balls around the exact numbers."""
        bias = [exact_arb(entry) for entry in block.bias]
        return ArbBlock(arb_matrix(block.inner), arb_matrix(block.outer), bias, block.activation, exact_arb(block.step))

    def value_and_slopes(self, state: flint.arb_mat) -> tuple[flint.arb_mat, flint.arb_mat]:
        """f (d, 1) and its derivative (d, d) at a state (d, 1)."""
        z = self.inner * state
        pairs = [_activation(z[i, 0] + b, self.activation) for i, b in enumerate(self.bias)]
        values = flint.arb_mat([[value] for value, _ in pairs])
        rows = [[slope * entry for entry in row] for (_, slope), row in zip(pairs, self.inner.tolist(), strict=True)]
        return self.outer * values, self.outer * flint.arb_mat(rows)


def _sigma(z: Any, name: str, library: Any) -> tuple[Any, Any]:
    """sigma and its derivative."""
    if name == "identity":
        return z, library.ones_like(z)
    value = library.tanh(z) if name == "tanh" else 0.5 + 0.5 * library.tanh(0.5 * z)
    return value, 1.0 - value * value if name == "tanh" else value * (1.0 - value)


def _quotients(rows: Any) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators as floats; `InputError` when one of them is no float."""
    above = np.array([[entry.numerator for entry in row] for row in rows], dtype=object)
    below = np.array([[entry.denominator for entry in row] for row in rows], dtype=object)
    if max(int(np.abs(above).max()), int(below.max())) > 2**53:
        raise InputError("weights must be quotients of whole numbers up to 2^53")
    return above.astype(float), below.astype(float)


def _activation(z: flint.arb, name: str) -> tuple[flint.arb, flint.arb]:
    if name == "identity":
        return z, flint.arb(1)
    if name == "tanh":
        value = z.tanh()
        return value, 1 - value * value
    value = 1 / (1 + (-z).exp())
    return value, value * (1 - value)


def arb_matrix(rows: Any) -> flint.arb_mat:
    """Balls around exact rationals."""
    return flint.arb_mat([[exact_arb(entry) for entry in row] for row in rows])


def _balls(rows: Rows) -> Ball:
    return rational_ball(np.array(rows, dtype=object))


def network(block: Block, start: tuple[Fraction, ...], layers: int) -> tuple[list[flint.arb], flint.arb]:
    """h_L and the determinant of dh_L/dx, enclosed at the current precision of Arb."""
    exact = ArbBlock.of(block)
    state, product = flint.arb_mat([[exact_arb(entry)] for entry in start]), flint.arb(1)
    one = flint.arb_mat([[int(i == j) for j in range(len(start))] for i in range(len(start))])
    for _ in range(layers):
        value, slopes = exact.value_and_slopes(state)
        product *= (one + exact.step * slopes).det()
        state = state + exact.step * value
    return [state[i, 0] for i in range(len(start))], product


def lipschitz_on_box(block: Block, centre: Ball, radius: Fraction) -> tuple[Enclosure, list[Ball]]:
    """The Lipschitz constant of step * f on a box in the Euclidean norm, and pieces that cover the box. Proved.

    It is the largest spectral norm of the derivative [mean value theorem on a convex set]: above over pieces of the
    box, the largest of which is halved again and again, below at their midpoints.
    """
    box = Ball(centre.mid, (centre + Ball(np.zeros(len(centre.mid)), np.full(len(centre.mid), _up(radius)))).rad)
    top = spectral_norm(block.slopes(box)).upper
    queue, lower = [(-top, 0, box)], _at_middle(block, box)
    for count in range(1, 1 if block.is_affine else _PIECES):
        if -queue[0][0] <= lower * (1 + _TIGHT):
            break
        piece = heapq.heappop(queue)[2]
        for number, half in enumerate(_halves(piece)):
            lower = max(lower, _at_middle(block, half))
            heapq.heappush(queue, (-spectral_norm(block.slopes(half)).upper, 2 * count + number, half))
    upper = max(-queue[0][0], 0.0)
    return Enclosure(min(lower, upper), upper), [piece for _, _, piece in queue]


def _at_middle(block: Block, box: Ball) -> float:
    return spectral_norm(block.slopes(Ball.exact(box.mid))).lower


def _halves(box: Ball) -> tuple[Ball, Ball]:
    """Two boxes that cover the box, halved along its longest side."""
    side = int(np.argmax(box.rad))
    lower, upper = box.lower.copy(), box.upper.copy()
    middle = float(box.mid[side])
    first, second = upper.copy(), lower.copy()
    first[side] = second[side] = middle
    return Ball.from_bounds(lower, first), Ball.from_bounds(second, upper)


def _up(radius: Fraction) -> float:
    return float(np.nextafter(float(radius), np.inf))


def layer_is_injective(block: Block, constant: Enclosure, pieces: list[Ball]) -> Verdict:
    """Whether h -> h + step f(h) is injective on the box that the pieces cover.

    PROVED by a Lipschitz constant below one, by a positive definite symmetric part over the box, or for an affine layer
    by its determinant; REFUTED by determinants of both signs at two interior points, or exactly 0 for an affine layer.
    """
    if constant.is_below(1):
        return Verdict.PROVED
    one = np.eye(len(block.outer))
    if block.is_affine:
        value = _affine_determinant(block)
        return Verdict.PROVED if value else Verdict.REFUTED
    over = [block.slopes(piece) + one for piece in pieces]
    if all(is_positive_definite(_symmetric(slopes)) is Verdict.PROVED for slopes in over):
        return Verdict.PROVED
    points = [piece.mid for piece in pieces] + _near_corners(pieces)
    signs = [determinant(block.slopes(Ball.exact(point)) + one) for point in points]
    both = any(sign.is_above(0) for sign in signs) and any(sign.is_below(0) for sign in signs)
    return Verdict.REFUTED if both else Verdict.UNDECIDED


def _near_corners(pieces: list[Ball]) -> list[np.ndarray]:
    """Interior points close to at most 32 corners of the box that the pieces cover."""
    lower = np.min([piece.lower for piece in pieces], axis=0)
    upper = np.max([piece.upper for piece in pieces], axis=0)
    shares = np.random.default_rng(0).choice([1 / 1024, 1023 / 1024], size=(32, len(lower)))
    return [lower + share * (upper - lower) for share in np.unique(shares, axis=0)]


def _symmetric(slopes: Ball) -> Ball:
    half = (slopes + slopes.T) * 0.5
    return Ball((half.mid + half.mid.T) / 2, np.maximum(half.rad, half.rad.T))


def _affine_determinant(block: Block) -> flint.fmpq:
    """det(I + step V W), exact."""
    size = len(block.outer)

    def matrix(rows: Any) -> flint.fmpq_mat:
        return flint.fmpq_mat([[flint.fmpq(x.numerator, x.denominator) for x in row] for row in rows])

    one = flint.fmpq_mat([[flint.fmpq(int(i == j)) for j in range(size)] for i in range(size)])
    product: flint.fmpq_mat = matrix(block.outer) * matrix(block.inner)
    step = flint.fmpq(block.step.numerator, block.step.denominator)
    return (one + step * product).det()

"""Vector fields with an exact equilibrium, whose linearisation has an exact spectrum there."""

from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import final

import jax
import jax.numpy as jnp
import numpy as np
import sympy
from hypothesis import strategies as st
from jaxtyping import Array, Float

from stabproof.testing.strategies.general import non_normal_matrices
from stabproof.testing.strategies.known import Built, ExactNumber, KnownMatrix, plain, remember
from stabproof.testing.strategies.sizes import whole
from stabproof.testing.strategies.symmetric import symmetric_matrices
from stabproof.testing.strategies.typed import Shown, text

Vector = Float[Array, " n"]

_QUARTERS = st.integers(-8, 8)
_SMALL = st.integers(-2, 2)


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownField(Shown):
    """x' = field(x), a JAX function R^n -> R^n, with field(equilibrium) = 0 exactly.

    equilibrium: (n,) exact floats. jacobian: (n, n), the derivative there, exact floats. eigenvalues: of the jacobian,
    exact. energy: a JAX function R^n -> R that a Hamiltonian field conserves and a gradient field (minus its gradient)
    lowers; None for other fields.
    """

    field: Callable[[Vector], Vector]
    equilibrium: np.ndarray
    jacobian: np.ndarray
    eigenvalues: tuple[ExactNumber, ...]
    construction: str
    energy: Callable[[Vector], Float[Array, ""]] | None = None
    _built: Built = attribute(default=None, compare=False)

    def __post_init__(self) -> None:
        remember(self, (self.field,), (self.eigenvalues,), "eigenvalues")

    def __repr__(self) -> str:
        return f"KnownField({self.construction}, equilibrium={text(self.equilibrium)}, jacobian={text(self.jacobian)})"

    @property
    def is_hyperbolic(self) -> bool:
        """Whether no eigenvalue has real part 0; exact."""
        return all(sympy.re(value) != 0 for value in self.eigenvalues)

    @property
    def is_stable(self) -> bool | None:
        """Whether every real part is negative (True) or one is positive (False); None: undecided at first order."""
        parts = [sympy.re(value) for value in self.eigenvalues]
        if any(part > 0 for part in parts):
            return False
        return True if all(part < 0 for part in parts) else None


def polynomial_fields(max_size: int = 4) -> st.SearchStrategy[KnownField]:
    """f(x) = A y + (c_i y_i^2)_i, y = x - p, with A of a known spectrum (complex pairs included)."""
    size = whole(max_size, "max_size")
    matrices = symmetric_matrices(1, size)
    return _around(matrices | non_normal_matrices(2, size) if size > 1 else matrices, _polynomial)


def neural_fields(max_size: int = 4) -> st.SearchStrategy[KnownField]:
    """f(x) = -y + W tanh(y), y = x - p: a Hopfield network with an equilibrium at p, whose derivative is W - I."""
    return _around(symmetric_matrices(1, whole(max_size, "max_size")), _neural)


def gradient_fields(max_size: int = 4) -> st.SearchStrategy[KnownField]:
    """f = -grad V with V = y^T S y / 2 + sum c_i^2 y_i^4 / 4, y = x - p, and S of a known spectrum."""
    return _around(symmetric_matrices(1, whole(max_size, "max_size")), _gradient)


def hamiltonian_fields(max_pairs: int = 2) -> st.SearchStrategy[KnownField]:
    """q' = dH/dp, p' = -dH/dq with H = sum (a_i q_i^2 + b_i p_i^2) / 2 + c_i q_i^4 / 4 around a point.

    The eigenvalues are +- sqrt(-a_i b_i), sums of squares of exact integers: centres, saddles and nilpotent pairs.
    """
    pairs = st.tuples(st.integers(-4, 4), st.integers(-4, 4), _SMALL, _QUARTERS, _QUARTERS)
    return st.lists(pairs, min_size=1, max_size=whole(max_pairs, "max_pairs")).map(_hamiltonian)


def _around(
    matrices: st.SearchStrategy[KnownMatrix], build: Callable[[KnownMatrix, np.ndarray, np.ndarray], KnownField]
) -> st.SearchStrategy[KnownField]:
    def placed(known: KnownMatrix) -> st.SearchStrategy[KnownField]:
        n = len(known.matrix)
        points = st.lists(_QUARTERS, min_size=n, max_size=n)
        return st.builds(
            lambda p, c: build(known, np.array(p) / 4, np.array(c, float)),
            points,
            st.lists(_SMALL, min_size=n, max_size=n),
        )

    return matrices.flatmap(placed)


def _polynomial(known: KnownMatrix, point: np.ndarray, curvature: np.ndarray) -> KnownField:
    def polynomial(x: Vector) -> Vector:
        y = x - point
        return jnp.asarray(known.matrix) @ y + curvature * y**2

    return KnownField(polynomial, point, known.matrix, known.eigenvalues, f"A y + {text(curvature)} y^2, {known!r}")


def _neural(known: KnownMatrix, point: np.ndarray, _: np.ndarray) -> KnownField:
    lowered = known.shifted(-1)

    def neural(x: Vector) -> Vector:
        y = x - point
        return -y + jnp.asarray(known.matrix) @ jnp.tanh(y)

    return KnownField(neural, point, lowered.matrix, lowered.eigenvalues, f"-y + W tanh(y), {known!r}")


def _gradient(known: KnownMatrix, point: np.ndarray, quartic: np.ndarray) -> KnownField:
    def potential(x: Vector) -> Float[Array, ""]:
        y = x - point
        return y @ (jnp.asarray(known.matrix) @ y) / 2 + jnp.sum(quartic**2 * y**4) / 4

    def descent(x: Vector) -> Vector:
        return -jax.grad(potential)(x)

    turned = known.scaled(-1)
    construction = f"-grad of y^T S y / 2 + {text(quartic)}^2 y^4 / 4, {known!r}"
    return KnownField(descent, point, turned.matrix, turned.eigenvalues, construction, potential)


def _hamiltonian(pairs: list[tuple[int, int, int, int, int]]) -> KnownField:
    a, b, c, q0, p0 = (np.array(column, float) for column in zip(*pairs, strict=True))
    n, point = len(pairs), np.concatenate([q0, p0]) / 4

    def energy(x: Vector) -> Float[Array, ""]:
        q, p = jnp.split(x - point, 2)
        return jnp.sum(a * q**2 + b * p**2) / 2 + jnp.sum(c * q**4) / 4

    def hamiltonian(x: Vector) -> Vector:
        q, p = jnp.split(jax.grad(energy)(x), 2)
        return jnp.concatenate([p, -q])

    zero = np.zeros((n, n))
    jacobian = np.block([[zero, np.diag(b)], [-np.diag(a), zero]])
    roots = [sympy.sqrt(-int(x) * int(y)) for x, y in zip(a, b, strict=True)]
    spectrum = tuple(plain(sign * root) for root in roots for sign in (1, -1))
    construction = f"Hamiltonian, (a, b, c) = {[row[:3] for row in pairs]}"
    return KnownField(hamiltonian, point, jacobian, spectrum, construction, energy)

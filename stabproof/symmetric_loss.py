"""certify_minimum for a scalar loss whose minima form orbits of a symmetry."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from certify.arithmetic import Ball
from certify.certificate import MinimumCertificate, issue
from certify.program import Program, trace
from certify.program.custom_rules import continued_in
from certify.training.symmetry.generator import Generator, Part, directions
from certify.training.symmetry.invariance import is_invariant
from foundation import InputError
from numeric.loss import Loss
from numeric.precision import double_precision
from search.minimum.symmetries import independent, proposed_generators
from search.newton import inverse_or_identity

# Eigenvalues of the Hessian below this share of the largest one count as directions in which the loss is flat.
_FLAT = 1e-8


@double_precision
def certify_modulo_symmetries(
    problem: Loss, settings: dict[str, Any], theta: np.ndarray, slope: np.ndarray, given: Any
) -> MinimumCertificate | None:
    """The certificate of the minimum near `theta` (D,) modulo the symmetries of the loss; None where the Hessian
    `slope` (D, D) has no flat directions, or others than those of the symmetries.

    given: the user's generators, matrices (D, D) or vectors (D,) of whole numbers; None: they are looked for.
    """
    values = np.linalg.eigvalsh((slope + slope.T) / 2)
    flat = int((np.abs(values) <= _FLAT * np.abs(values).max(initial=0.0)).sum())
    shapes = problem.layout.shapes
    if given is None and not 0 < flat < len(theta):
        return None
    loss = _traced(problem)
    places = continued_in(loss, range(len(shapes)))
    if places:
        raise InputError(
            f"the loss has {places[0]}, where jax.grad follows another field than its gradient; write it with a "
            "function that JAX differentiates there, such as jnp.sinc"
        )
    known = _proved(problem, loss, shapes, theta) if given is None else _users(given, shapes)
    if not known:
        return None
    columns = directions(known, shapes, Ball.exact(theta)).mid
    chosen = independent(columns, flat if given is None else len(known))
    if len(chosen) < (flat if given is None else len(known)):
        if given is None:
            return None
        raise InputError("the symmetries do not move the parameters in independent directions")
    generators = [known[k] for k in chosen]
    statement = {
        "loss": loss,
        "shapes": [list(shape) for shape in shapes],
        "params": problem.flat_params,
        "data": list(problem.data),
        "optimizer": settings,
        "generators": [[part.as_tree() for part in generator] for generator in generators],
    }
    frame, mixing = np.linalg.qr(columns[:, chosen])
    scale = 2.0 * float(np.abs(values).max())
    witness = {
        "point": theta,
        "frame": frame,
        "mixing": inverse_or_identity(mixing),
        "scale": np.asarray(scale),
        "inverse_hessian": inverse_or_identity(slope + scale * frame @ frame.T),
    }
    return issue("symmetric-minimum", statement, witness)


def _traced(problem: Loss) -> Program:
    """The loss as a program of the arrays of parameters and the data."""
    count = len(problem.layout.shapes)

    def loss(*arrays: Any) -> Any:
        tree = problem.layout.joined(list(arrays[:count]))
        return jnp.reshape(problem.function(tree, *arrays[count:]), ())

    leaves = [np.asarray(leaf) for leaf in _leaves(problem.flat_params, problem.layout.shapes)]
    return trace(loss, *leaves, *problem.data)


def _leaves(theta: np.ndarray, shapes: Any) -> list[np.ndarray]:
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(theta, cuts), shapes, strict=True)]


def _proved(problem: Loss, loss: Program, shapes: Any, theta: np.ndarray) -> list[Generator]:
    """The proposed generators that the loss is proved not to change along."""
    gradient = jax.jit(jax.vmap(lambda t: problem.field(t, *problem.data)))
    proposed = proposed_generators(lambda points: np.asarray(gradient(points)), theta, shapes)
    return [generator for generator in proposed if is_invariant(loss, generator, problem.data)]


def _users(given: Any, shapes: Any) -> list[Generator]:
    """Generators from matrices (D, D) and vectors (D,) of whole numbers, array by array and axis by axis."""
    size = sum(int(np.prod(shape)) for shape in shapes)
    found = []
    for k, item in enumerate(given if isinstance(given, list | tuple) else [given]):
        array = np.asarray(item, dtype=np.float64)
        whole = np.isfinite(array).all() and (array == np.round(array)).all()
        if array.shape not in ((size, size), (size,)) or not whole:
            raise InputError(
                f"symmetry {k} must be a matrix ({size}, {size}) or a vector ({size},) of whole numbers, the "
                f"derivative of the parameters along it, but has shape {array.shape}"
            )
        generator = _by_arrays(array.astype(np.int64), shapes)
        if generator is None:
            raise InputError(
                f"symmetry {k} does not act along axes of single arrays of parameters: S is to be a sum of products "
                "1 x A x 1 for each array"
            )
        found.append(generator)
    return found


def _by_arrays(array: np.ndarray, shapes: Any) -> Generator | None:
    start, parts, rest = 0, [], array.copy()
    for leaf, shape in enumerate(shapes):
        stop = start + int(np.prod(shape))
        if array.ndim == 1:
            shift = array[start:stop].reshape(shape)
            parts += [Part(leaf, 0, {}, shift)] if shift.any() else []
        else:
            weight, axes = _along_axes(array[start:stop, start:stop], shape)
            parts += [Part(leaf, weight, axes, None)] if weight or axes else []
            rest[start:stop, start:stop] -= _matrix(weight, axes, shape)
        start = stop
    return tuple(parts) if parts and (array.ndim == 1 or not rest.any()) else None


def _along_axes(block: np.ndarray, shape: tuple[int, ...]) -> tuple[int, dict[int, np.ndarray]]:
    """The only candidates for w 1 + sum_k A_k, A_k[0, 0] = 0: read off the first line along each axis."""
    whole, axes = block.reshape(shape + shape), {}
    first = (0,) * len(shape)
    weight = int(whole[first + first]) if block.size else 0
    for k, n in enumerate(shape):
        lines = tuple(slice(None) if j == k else 0 for j in range(len(shape)))
        matrix = whole[lines + lines] - weight * np.eye(n, dtype=np.int64)
        if matrix.any():
            axes[k] = matrix
    return weight, axes


def _matrix(weight: int, axes: dict[int, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    total = weight * np.eye(int(np.prod(shape)), dtype=np.int64)
    for k, matrix in axes.items():
        before, after = int(np.prod(shape[:k])), int(np.prod(shape[k + 1 :]))
        total += np.kron(np.kron(np.eye(before, dtype=np.int64), matrix), np.eye(after, dtype=np.int64))
    return total

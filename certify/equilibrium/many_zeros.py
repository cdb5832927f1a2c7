"""Many zeros of one field at once: Newton's method, cubes of uniqueness and existence proofs over batches of points."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.rounding import gamma, inflate_products
from certify.equilibrium.boxes import BoxField, guessed_inverses
from certify.equilibrium.known_zeros import GROWTH, KnownZero
from certify.program import evaluate
from certify.program.arb import to_arb, to_ball
from certify.program.cost import is_small
from foundation import InputError
from foundation.arb_precision import arb_precision

_NEWTON_STEPS, _ROUNDS = 12, 5
_PRECISION = 160
_TINY = 2.0**-500
_LARGEST_EXPONENT = 103  # cubes from 2^-40 to 2^20, in the units of the box


def find_zeros(field: BoxField, starts: np.ndarray) -> list[KnownZero]:
    """Newton's method from each of the starts (N, n), then the proofs with the largest cubes, up to a factor."""
    if not len(starts):
        return []
    points, inverses = _polished(field, starts)
    radii = _largest_radii(field, points, inverses)
    usable = radii > 0
    found = prove_zeros(field, points[usable], inverses[usable], radii[usable])
    return [zero for zero in found if zero is not None]


def prove_zeros(field: BoxField, points: np.ndarray, inverses: np.ndarray, radii: np.ndarray) -> list[KnownZero | None]:
    """The zero near each point (N, n) with its cube of uniqueness; None where one of the two is not proved.

    With R the inverse, Y = [-w, w] and J enclosing DF over point + Y, -R F(point) + (I - R J) Y in the interior of Y
    proves one zero in point + Y, which lies in point + that set [R. Krawczyk, Computing 4 (1969); S. Rump, Acta
    Numerica 19 (2010), section 13]. ||I - R J|| < 1 over the cube makes F one to one on it.
    """
    boxes = _existence(field, points, inverses)
    reach = boxes.max(axis=1, initial=0.0)
    proved = np.isfinite(reach) & (reach <= radii) & (radii < np.inf)
    proved[proved] = _injective(field, points[proved], inverses[proved], radii[proved])
    return [
        KnownZero(points[k], inverses[k], float(radii[k]), Ball(points[k], boxes[k])) if proved[k] else None
        for k in range(len(points))
    ]


def _existence(field: BoxField, points: np.ndarray, inverses: np.ndarray) -> np.ndarray:
    """Proved distances (N, n) of a zero from each point, infinite where none is proved."""
    values = sharp_values(field, points)
    exact = np.all(values.magnitude == 0, axis=1, keepdims=True)
    steps = np.where(exact, 0.0, matmul(Ball.exact(inverses), values[..., None])[..., 0].magnitude)
    result = np.full(points.shape, np.inf)
    waiting = np.flatnonzero(np.isfinite(steps).all(axis=1))
    reach = 2.0 * steps + _TINY
    for _ in range(_ROUNDS):
        if not len(waiting):
            break
        cubes, guess = Ball(points[waiting], reach[waiting]), Ball.exact(inverses[waiting])
        defects = _defects(field, guess, cubes)
        with np.errstate(over="ignore", invalid="ignore"):
            image = steps[waiting] + _products(defects, reach[waiting])
            image = np.where(np.isfinite(image), image * (1.0 + 2.0**-50), np.inf)
        inside = (image < reach[waiting]).all(axis=1)
        # where F vanishes at the point, that is the only zero
        result[waiting[inside]] = np.where(exact[waiting], 0.0, image)[inside]
        reach[waiting] = 1.125 * image + _TINY
        waiting = waiting[~inside & np.isfinite(image).all(axis=1)]
    return result


def _injective(field: BoxField, points: np.ndarray, inverses: np.ndarray, radii: np.ndarray) -> np.ndarray:
    """Where ||I - R DF|| < 1 is proved over the cubes, (N,)."""
    if not len(points):
        return np.zeros(0, bool)
    cubes = Ball(points, np.broadcast_to(radii[:, None], points.shape).copy())
    norms = _products(_defects(field, Ball.exact(inverses), cubes), np.ones(points.shape)).max(axis=1)
    return np.asarray(norms < 1)


def _defects(field: BoxField, inverses: Ball, boxes: Ball) -> np.ndarray:
    """Upper bounds of |I - R DF| over the boxes, (N, n, n); infinite where they are not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        defect = Ball.exact(np.eye(boxes.shape[1])) - matmul(inverses, field.jacobians(boxes))
        magnitude = defect.magnitude
    return np.where(np.isfinite(magnitude), magnitude, np.inf)


def _products(matrices: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Upper bounds of the products of non-negative matrices (N, n, n) and vectors (N, n)."""
    n = vectors.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.matmul(matrices, vectors[..., None])[..., 0] * (1.0 + 4 * gamma(n + 4))
        return inflate_products(np.where(np.isnan(product), np.inf, product), n + 2)


def sharp_values(field: BoxField, points: np.ndarray) -> Ball:
    """F at exact points (N, n), in 160 bits where the field is small; unbounded where it has no value."""
    if not len(points):
        return Ball.exact(points)
    if not is_small(field.program):
        return field.values(Ball.exact(points))
    try:
        shaped = points.reshape(len(points), *field.program.inputs[0].shape)
        (value,) = evaluate(field.program, [shaped], batch=[True], precision=_PRECISION)
    except InputError:
        if len(points) == 1:
            return Ball(np.zeros(points.shape), np.full(points.shape, np.inf))
        half = len(points) // 2
        parts = [sharp_values(field, part) for part in (points[:half], points[half:])]
        return Ball(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("mid", "rad")))
    with arb_precision(_PRECISION):
        values = value.reshape(points.shape)
        return to_ball(values - to_arb(Ball.exact(points)) if field.is_map else values)


def _largest_radii(field: BoxField, points: np.ndarray, inverses: np.ndarray) -> np.ndarray:
    """Radii of cubes on which F is proved to be one to one, by bisection of the exponent; 0 where there is none."""
    units = 2.0**-40 * np.maximum(1.0, np.abs(points).max(axis=1, initial=0.0))
    low, high = np.zeros(len(points)), np.full(len(points), float(_LARGEST_EXPONENT))
    found = _injective(field, points, inverses, units)
    while (high - low > 1).any():
        middle = np.floor((low + high) / 2)
        proved = _injective(field, points, inverses, units * GROWTH**middle)
        low, high = np.where(proved, middle, low), np.where(proved, high, middle)
    return np.where(found, units * GROWTH**low * 0.9, 0.0)


def _polished(field: BoxField, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points and approximate inverses of DF there by Newton's method (estimates); only where it stays finite."""
    points, moving = starts.copy(), np.ones(len(starts), bool)
    with np.errstate(all="ignore"):
        for step in range(_NEWTON_STEPS):
            k = np.flatnonzero(moving)
            if not len(k):
                break
            inverses = guessed_inverses(field.jacobians(Ball.exact(points[k]))).mid
            values = field.values(Ball.exact(points[k])) if step < 2 else sharp_values(field, points[k])
            steps = np.matmul(inverses, values.mid[..., None])[..., 0]
            good = np.isfinite(steps).all(axis=1) & np.isfinite(values.rad).all(axis=1)
            points[k[good]] -= steps[good]
            size = np.maximum(np.abs(points[k]).max(axis=1), 2.0**-900)
            moving[k] = good & (np.abs(steps).max(axis=1) > 2.0**-52 * size)
    finite = np.isfinite(points).all(axis=1)
    points = points[finite]
    return points, guessed_inverses(field.jacobians(Ball.exact(points))).mid

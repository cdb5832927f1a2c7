"""The search for a trial function on an invariant cone: collocation at Chebyshev points, degree after degree."""

import numpy as np
from flint import arb, arb_mat

from certify.lyapunov.directions.chebyshev import chebyshev_points
from certify.lyapunov.directions.cone import Action, cone_actions, prove, residual_on_ellipse
from certify.lyapunov.families.arb_family import upper_float
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.time_limit import check_time
from foundation import CertificateError
from foundation.arb_precision import arb_precision
from foundation.computing_time import computing_time
from search.lyapunov.directions.chebyshev import chebyshev_values
from search.lyapunov.directions.invariant_cone import invariant_cone

_DEGREES = (24, 48, 96, 192, 384)
_TRIED = (3, 4, 4, 5)
_ENOUGH = 1e-15


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A cone that seems invariant and a Chebyshev series that nearly solves the Poisson equation on it.

    `effort` >= 0 raises the degree of the series; `deadline` is a `computing_time()` value, after which no higher
    degree is tried. The witness holds `basis` (2, 2), `coefficients` and `corrections` (n,), `rho` > 1, `points`
    and `precision`; `basis` is empty when no cone was found.
    """
    basis = invariant_cone(np.asarray(family.matrices.mid, np.float64), family.exact)
    if basis is None:
        return {"basis": np.zeros((0, 0))}
    best: Witness = {"basis": np.zeros((0, 0))}
    width = np.inf
    for degree in _DEGREES[: _TRIED[min(effort, 3)]]:
        witness = _witness(family, basis, degree)
        found = _width(family, witness)
        if witness is not None and found < width:
            best, width = witness, found
        if width <= _ENOUGH or computing_time() > deadline:
            break
    return best


def _width(family: Family, witness: Witness | None) -> float:
    """The width that a witness proves; infinite when it proves nothing."""
    try:
        return np.inf if witness is None else prove(family, witness).width
    except CertificateError:
        return np.inf


def _witness(family: Family, basis: np.ndarray, degree: int) -> Witness | None:
    precision = 128 + 4 * degree
    with arb_precision(precision):
        try:
            actions = cone_actions(family, basis)
            series = _collocation(actions, degree)
        except (CertificateError, ZeroDivisionError):
            return None
        high = [float(c) for c in series]
        low = [float(c - h) for c, h in zip(series, high, strict=True)]
        rho, points = _ellipse(actions, series)
    return {
        "basis": basis,
        "coefficients": np.array(high),
        "corrections": np.array(low),
        "rho": rho,
        "points": points,
        "precision": precision + 2 * points,
    }


def _collocation(actions: list[Action], degree: int) -> list[arb]:
    """Approximate Chebyshev coefficients of the solution f of f + lambda = sum_i p_i (log n_i + f o g_i)."""
    nodes = [t.mid() for t in chebyshev_points(degree)]
    left, right = [], []
    for t in nodes:
        check_time()
        row = chebyshev_values(degree, t)
        images = [(a.weight.mid(), chebyshev_values(degree, a.image(t).mid())) for a in actions]
        row = [arb(1)] + [(row[k] - sum((w * v[k] for w, v in images), arb(0))).mid() for k in range(1, degree + 1)]
        left.append(row)
        right.append([sum((a.weight * a.norm(t).log() for a in actions), arb(0)).mid()])
    solution = arb_mat(left).solve(arb_mat(right), algorithm="approx")
    return [arb(0)] + [solution[k, 0].mid() for k in range(1, degree + 1)]


def _ellipse(actions: list[Action], series: list[arb]) -> tuple[float, int]:
    """The ellipse parameter that needs the fewest points for an interpolation error near 1e-22."""
    best = (1.125, 4000)
    for step in range(1, 40):
        rho = 1 + step * step / 64
        try:
            bound = upper_float(residual_on_ellipse(actions, series, arb(rho)))
        except CertificateError:
            break
        needed = np.ceil((np.log(4e22 / (rho - 1)) + np.log1p(bound)) / np.log(rho))
        if not needed <= best[1]:
            continue
        best = (rho, max(int(needed), 4))
    return best

"""The kernel M that moves a network of n particles: definite up to n (N + 1) points, singular beyond."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.dobrushin import derive_dobrushin
from cases.common.matrix_parameters import rational_matrix
from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.particle_limit import derive_law_of_large_numbers
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from cases.particle_kernel.derivation import derive_finite_identity, derive_rank_bound, derive_support_erratum
from cases.particle_kernel.proofs import Particles, definite, gram_ball, independent_points, rank_bounds
from cases.particle_kernel.task import kernel_task
from cases.particle_kernel.units import UNITS, seeded_points
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.linear_algebra import smallest_eigenvalue
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from symbolic import Derivation

_RANK = "rank of M on the points"
_DEFINITE, _BEYOND = "M is positive definite on as many points as features", "M is positive definite on one point more"
_SMALLEST = "smallest eigenvalue of M on as many points as features"
_SPEED = "time derivative of f_n at the first point"
_TRAINING = 3  # points of the measure for the identity (2.37)
_BITS = 192
# Features at points that a certificate writes down.
_MOST_WRITTEN = 600


def _particles(values: Mapping[str, Any]) -> Particles:
    unit, dimension = UNITS[values["unit"]], values["dimension"]
    if unit.on_sphere and dimension < 2:
        raise InputError(f"the unit sphere needs dimension 2 or more, but dimension is {dimension}")
    positions = _positions(values)
    charges = values["charges"] or tuple(Fraction(2 * (k % 3) + 1, 2) * (-1) ** k for k in range(len(positions)))
    if len(charges) != len(positions):
        raise InputError(f"charges holds {len(charges)} numbers, but there are {len(positions)} particles")
    points = seeded_points(values["points"], dimension, values["seed"], on_sphere=unit.on_sphere)
    return Particles(unit, values["rate"], tuple(charges), positions, points)


def _positions(values: Mapping[str, Any]) -> tuple[tuple[Fraction, ...], ...]:
    unit = UNITS[values["unit"]]
    width = values["dimension"] + unit.extra
    if values["positions"] is None:
        return seeded_points(values["particles"], width, values["seed"] + 1, on_sphere=unit.on_sphere)
    rows = tuple(tuple(row) for row in values["positions"])
    if len(rows[0]) != width:
        raise InputError(f"positions of the {values['unit']} unit need {width} coordinates, but have {len(rows[0])}")
    if unit.on_sphere and any(sum(t * t for t in row) != 1 for row in rows):
        raise InputError("positions of the tangent unit must lie on the unit sphere, such as '3/5,4/5'")
    return rows


def _target(point: tuple[Fraction, ...]) -> Fraction:
    """f(x) = x_1^3 - x_1 + 1/2."""
    return point[0] ** 3 - point[0] + Fraction(1, 2)


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    particles = _particles(values)
    features, count = particles.feature_count(), len(particles.points)
    bound = derive_rank_bound(len(particles.positions), particles.directions, features)
    exact: dict[str, Any] = {_RANK: sympy.Integer(min(features, count))}
    if count >= features:
        exact[_DEFINITE] = Verdict.PROVED
    if count > features:
        exact[_BEYOND] = Verdict.REFUTED
    if values["unit"] == "cauchy":
        exact[_SPEED] = as_sympy(_speed_by_chain(particles))
    return SymbolicView((derive_finite_identity(), bound, derive_law_of_large_numbers(), derive_dobrushin()), exact)


def _speed_by_chain(particles: Particles) -> Fraction:
    """The chain rule with (2.1), in rationals: only for the rational unit."""
    n, training = len(particles.positions), range(min(_TRAINING, len(particles.points)))
    rows = particles.rational_rows()
    height = len(rows) // n
    phi = [rows[i * height] for i in range(n)]
    network = [sum((c * f[p] for c, f in zip(particles.charges, phi, strict=True)), Fraction(0)) / n for p in training]
    gaps = [_target(particles.points[p]) - network[p] for p in training]
    total = Fraction(0)
    for i in range(n):
        charge_speed = sum((gaps[p] * phi[i][p] for p in training), Fraction(0)) / len(training)
        total += charge_speed * phi[i][0]
        # the rows of the gradient hold c grad phi, which is both c_i dphi in f_n and the pull on the position
        for row in rows[i * height + 1 : (i + 1) * height]:
            total += row[0] * sum((gaps[p] * row[p] for p in training), Fraction(0)) / len(training)
    return total / n


def _numeric(values: Mapping[str, Any]) -> NumericView:
    particles = _particles(values)
    rows = particles.float_rows()
    singular = np.linalg.svd(rows / np.abs(rows).max(), compute_uv=False)
    rank = int(np.sum(singular > 1e-13 * max(rows.shape)))
    features = particles.feature_count()
    unresolved = min(len(particles.points), features) - rank  # singular values below rounding, or zero
    estimates = {_RANK: Estimate(float(rank), float(abs(unresolved))), _SPEED: _speed_by_flow(particles)}
    if len(particles.points) >= features:
        chosen = independent_points(particles, features)
        gram = rows[:, chosen].T @ rows[:, chosen] / len(particles.positions)
        spectrum = np.linalg.eigvalsh(gram)
        estimates[_SMALLEST] = Estimate(float(spectrum[0]), 1e-14 * features * float(spectrum[-1]))
    return NumericView(estimates, (_decay(values, particles, features),))


def _speed_by_flow(particles: Particles) -> Estimate:
    """A central difference of f_n at the first point along one step of the flow (2.1), both ways in time."""
    n, training = len(particles.positions), slice(0, _TRAINING)
    x = np.array([[float(t) for t in point] for point in particles.points[training]])
    targets = np.array([float(_target(point)) for point in particles.points[training]])
    y = np.array([[float(t) for t in place] for place in particles.positions])
    c = np.array([float(t) for t in particles.charges])
    unit, rate = particles.unit, as_float(particles.rate)

    def network(charges: np.ndarray, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        pairs = [[unit.value(list(a), list(b), rate, np.exp) for a in x] for b in places]
        phi = np.array([[value for value, _ in row] for row in pairs])
        slopes = np.array([[slope for _, slope in row] for row in pairs])
        return charges @ phi / n, phi, slopes

    before, phi, slopes = network(c, y)
    gaps = (targets - before) / len(x)
    pull = c[:, None] * np.einsum("p,ipk->ik", gaps, slopes)
    force = phi @ gaps
    differences = []
    for step in (1e-4, 2e-4):
        ahead, behind = (network(c + t * force, _moved(unit, y, t * pull))[0][0] for t in (step, -step))
        differences.append((ahead - behind) / (2 * step))
    error = abs(differences[1] - differences[0]) + 1e-9 * (1 + float(np.abs(before).max()))
    return Estimate(float(differences[0]), error)


def _moved(unit: Any, y: np.ndarray, step: np.ndarray) -> np.ndarray:
    moved = y + step
    return moved / np.linalg.norm(moved, axis=1, keepdims=True) if unit.on_sphere else moved


def _decay(values: Mapping[str, Any], particles: Particles, features: int) -> Plot:
    rows = particles.float_rows() / np.sqrt(len(particles.positions))
    counts = np.arange(1, len(particles.points) + 1)
    order = independent_points(particles, min(features, len(counts)))
    order += [k for k in range(len(counts)) if k not in order]
    smallest = [np.linalg.svd(rows[:, order[:m]], compute_uv=False) for m in counts]
    sizes = np.array([s[-1] ** 2 if len(s) == m else 0.0 for m, s in zip(counts, smallest, strict=True)])
    floor = 1e-18 * max(sizes.max(), 1e-300)
    return Plot(
        f"{len(particles.positions)} {values['unit']} particles, dimension {values['dimension']}: {features} features",
        "number of points m",
        "smallest eigenvalue of M",
        (Series("path", counts, np.maximum(sizes, floor), "smallest eigenvalue (rounding floor where it is zero)"),),
        f"The smallest eigenvalue falls with the number of points and is zero beyond {features}.",
        {"log_y": True, "vertical": (features + 0.5,)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    particles = _particles(values)
    lower, upper = rank_bounds(particles)
    proved: dict[str, Any] = {_RANK: Enclosure(float(lower), float(upper)), _SPEED: _proved_speed(particles)}
    features, count = particles.feature_count(), len(particles.points)
    if count >= features:
        chosen = independent_points(particles, features)
        proved[_DEFINITE] = definite(particles, chosen)
        with arb_precision(_BITS):
            gram = gram_ball(particles.arb_rows(), chosen) / float(len(particles.positions))
        proved[_SMALLEST] = smallest_eigenvalue(gram)
    if count > features:
        proved[_BEYOND] = definite(particles, independent_points(particles, features + 1))
    written = len(particles.positions) * (particles.directions + 1) * count <= _MOST_WRITTEN
    sign = _SMALLEST in proved and proved[_SMALLEST].is_above(0)
    names = (_SPEED, _SMALLEST if sign else None, _DEFINITE)
    tasks = (kernel_task(particles, _target, min(_TRAINING, count), names),) if written else ()
    return CertifiedView(tasks, proved)


def _proved_speed(particles: Particles) -> Enclosure:
    """-(M (f_n - f))(x_1) over the uniform measure on the first points, in Arb."""
    n, training = len(particles.positions), range(min(_TRAINING, len(particles.points)))
    with arb_precision(_BITS):
        rows = particles.arb_rows()
        height = len(rows) // n
        total = exact_arb(0)
        for p in training:
            kernel = sum((row[0] * row[p] for row in rows), exact_arb(0)) / n
            network = sum((exact_arb(c) * rows[i * height][p] for i, c in enumerate(particles.charges)), exact_arb(0))
            total = total - kernel * (network / n - exact_arb(_target(particles.points[p]))) / len(training)
        return arb_enclosure(total)


def _erratum(values: Mapping[str, Any]) -> Derivation:
    return derive_support_erratum()


CASE = case_of(
    "particle-kernel",
    readers={
        "unit": one_of(*UNITS),
        "dimension": whole_number(1, 6),
        "particles": whole_number(1, 12),
        "points": whole_number(1, 60),
        "rate": bounded_rational(0, 20, open_below=True),
        "charges": bounded_vector(-100, 100, 12),
        "positions": rational_matrix(12),
        "seed": whole_number(0, 10**6),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(Known(_RANK, "12", "n (N + 1) with n = 4 and N = 2"),),
    errata=(
        Erratum(
            "Below (2.39): M is positive definite for any probability density rho > 0, by Assumption 1.3; it is used "
            "for the limits rho_0(t) and, in (2.50) and (3.33), at late times, where nothing keeps rho_0 positive.",
            "M is non-negative for every rho. It is strictly positive when rho has full support; otherwise R = 0 on "
            "the support of rho must force R = 0, which fails for the empirical distribution on more than n (N + 1) "
            "points. Nor is it bounded away from zero on a continuum: its eigenvalues accumulate at zero.",
            _erratum,
        ),
    ),
)

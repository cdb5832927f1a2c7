"""Verified spectral radius of general matrices, from above and below."""

import math
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma
from certify.enclosure import Enclosure
from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.discs import disc_bounds
from certify.linear_algebra.eigenvalues import irreducible_blocks, irreducible_discs, normalised
from certify.linear_algebra.gershgorin import complex_square
from certify.linear_algebra.perron import perron_bound, upper_product, upper_quotient
from certify.linear_algebra.stein import stein_bound

# Relative widths: below the first nothing more is tried, above the second the eigenvalue discs are not enough.
_TIGHT, _WIDE = 1e-12, 1e-6
_STEIN_MARGINS = (1.0, 0.3, 0.1, 0.03, 1e-2, 1e-3, 1e-5)


def spectral_radius(matrix: Any) -> Enclosure:
    """Enclosure of max |lambda| over the eigenvalues of every matrix in the ball (n, n), real or complex.

    Takes the best of: Collatz and Wielandt's quotients for non-negative matrices (both sides) and of |A| (above);
    counted discs of all eigenvalues (both sides); a scaled spectral norm that proves Stein's inequality, for defective
    and non-normal matrices (above); |tr A^k / n|^(1/k) (below). Exact zeros split the matrix into
    irreducible blocks first. Unbounded radii give [.., inf]. Raises `InputError` on malformed input.
    """
    a, real = complex_square(matrix)
    blocks = [_block_radius(block, real) for block in irreducible_blocks(a)]
    return Enclosure(max(block.lower for block in blocks), max(block.upper for block in blocks))


def _block_radius(a: ComplexBall, real: bool) -> Enclosure:
    if not np.isfinite(a.rad).all():
        return Enclosure(0.0, math.inf)
    if len(a.mid) == 1:
        return Enclosure(*disc_bounds(a.mid[0], a.rad[0])[0][0].tolist())
    scaled, factor = normalised(a)
    result = _normalised_radius(scaled, real)
    return Enclosure(_scaled_down(result.lower, factor), _scaled_up(result.upper, factor))


def _normalised_radius(a: ComplexBall, real: bool) -> Enclosure:
    best = Enclosure(0.0, perron_bound(a.magnitude))
    if real and (a.real.lower >= 0).all():
        best = best.intersect(_collatz_wielandt(a.real))
    if _relative_width(best) <= _TIGHT:
        return best
    best = best.intersect(irreducible_discs(a, real).spectral_radius)
    if _relative_width(best) <= _WIDE:
        return best
    real_form = a.real if real else _real_form(a)
    lower = max(best.lower, _trace_bound(real_form))
    return Enclosure(lower, max(lower, min(best.upper, _best_stein_bound(real_form, best.upper))))


def _collatz_wielandt(a: Ball, steps: int = 100) -> Enclosure:
    """min_i (A x)_i / x_i <= rho(A) <= max_i (A x)_i / x_i for A >= 0 and x > 0 [Horn and Johnson, 8.1.26]."""
    lower, upper = np.maximum(a.lower, 0.0), a.upper
    x = _power_iteration(a.mid, steps)
    above = float(upper_quotient(upper_product(upper, x), x).max())
    n = len(x)
    image = (lower @ x) * (1.0 - 4 * gamma(n + 2)) - (n + 1) * SMALLEST_SUBNORMAL
    below = float((image / x * (1.0 - 4 * UNIT_ROUNDOFF)).min()) - SMALLEST_SUBNORMAL
    return Enclosure(max(below, 0.0), above)


def _power_iteration(matrix: np.ndarray, steps: int) -> np.ndarray:
    """An estimate of the Perron vector, positive in every entry."""
    x = np.ones(len(matrix))
    for _ in range(steps):
        image = matrix @ x + 1e-3 * x * np.abs(matrix).max()
        new = np.maximum(image / max(float(image.max()), 1e-300), 1e-200)
        if np.abs(new - x).max() <= 1e-15:
            return new
        x = new
    return x


def _trace_bound(a: Ball) -> float:
    """Lower bound of rho: |tr A| / n and (|tr A^2| / n)^(1/2); the mean of the eigenvalues' powers."""
    n = len(a.mid)
    first = (a.map(np.diagonal).sum() / float(n)).mignitude
    second = ((a * a.T).sum() / float(n)).mignitude
    return max(float(first), float(np.sqrt(second) * (1.0 - 4 * UNIT_ROUNDOFF)))


def _best_stein_bound(a: Ball, upper: float) -> float:
    """The best bound for a falling sequence of target radii above the computed spectral radius."""
    try:
        base = float(np.abs(np.linalg.eigvals(a.mid)).max())
    except np.linalg.LinAlgError:
        return upper
    best = upper
    floor = len(a.mid) * UNIT_ROUNDOFF * float(np.linalg.norm(a.mid)) + float(np.linalg.norm(a.rad, 2))
    failures = 0
    for margin in _STEIN_MARGINS:
        target = base * (1 + margin) + floor
        if not 0 < target < best:
            continue
        bound = stein_bound(a, target)
        failures = failures + 1 if bound >= best else 0
        best = min(best, bound)
        if failures == 2:
            break
    return best


def _real_form(a: ComplexBall) -> Ball:
    """[[Re A, -Im A], [Im A, Re A]]: its eigenvalues are those of A and their conjugates."""
    re, im = a.mid.real, a.mid.imag
    return Ball._unchecked(np.block([[re, -im], [im, re]]), np.block([[a.rad, a.rad], [a.rad, a.rad]]))


def _relative_width(enclosure: Enclosure) -> float:
    return enclosure.width / enclosure.upper if 0 < enclosure.upper < math.inf else math.inf


def _scaled_up(value: float, factor: float) -> float:
    product = value * factor
    return product if product / factor == value else math.nextafter(product, math.inf)


def _scaled_down(value: float, factor: float) -> float:
    product = value * factor
    return product if product / factor == value else max(math.nextafter(product, -math.inf), 0.0)

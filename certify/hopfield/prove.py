"""The prover of stable equilibria of Hopfield networks, from a matrix measure over a box around the point."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball, tanh
from certify.arithmetic.rational import rational_ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, inflate_products
from certify.certificate.model import Claim, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.hopfield.hopfield import HopfieldNetwork
from certify.linear_algebra.norms import frobenius_norm_bound, upward
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

NORMS = ("maximum", "euclidean")


def prove_contraction(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove that an equilibrium of x' = -alpha x + A tanh(x) + b lies near the witness's point and is stable.

    problem: see `HopfieldNetwork`. witness: point (M,), scale v (M,) > 0 of the norm of x_i / v_i, norm ("maximum" or
    "euclidean"), reach of the ball in this norm, level (a guess between the largest eigenvalue and alpha).
    """
    network = HopfieldNetwork.from_tree(problem)
    size = network.weights.size
    point, scale = floats(witness, "point", (size,)), floats(witness, "scale", (size,))
    reach, level, norm = _norm(witness, scale)
    box = Ball(point, inflate_products(reach * scale, 1))
    slopes = _slopes(box)
    coupling = _coupling(network, slopes, scale, norm, level)
    decay = rational_ball(network.decay).enclosure()
    margin = math.nextafter(decay.lower - coupling, -math.inf)
    if not margin > 0:
        found = say("hopfield.coupling-too-large", coupling=coupling, norm=norm, decay=float(network.decay))
        return _undecided(found)
    residual = _norm_of_residual(network, point, scale, norm)
    if not residual < margin * reach * (1 - 4 * UNIT_ROUNDOFF):
        return _undecided(say("hopfield.residual-too-large", residual=residual, margin=margin, reach=reach))
    return _outcome(network, scale, slopes, residual, margin, reach, norm)


def _norm(witness: Mapping[str, Any], scale: np.ndarray) -> tuple[float, float, str]:
    """(reach, level, norm); raises `CertificateError` where the witness has none that can be used."""
    reach, level, norm = witness.get("reach"), witness.get("level", 0.0), witness.get("norm")
    moderate = bool(((scale > 2.0**-200) & (scale < 2.0**200)).all())
    if not isinstance(reach, float) or not 0 < reach < 2.0**200 or not moderate:
        raise CertificateError("the certificate's witness has no usable neighbourhood")
    if norm not in NORMS or not isinstance(level, float):
        raise CertificateError("the certificate's witness has no usable norm")
    return reach, level, str(norm)


def _slopes(box: Ball) -> Ball:
    """tanh' = 1 - tanh^2 over the box, in [0, 1]: the smallest at the end farther from 0."""
    ends = [1.0 - tanh(Ball.exact(side)).square() for side in (box.lower, box.upper)]
    low = np.minimum(ends[0].lower, ends[1].lower)
    high = np.maximum(ends[0].upper, ends[1].upper)
    straddles = (box.lower <= 0) & (box.upper >= 0)
    return Ball.from_bounds(np.maximum(low, 0.0), np.where(straddles, 1.0, np.minimum(high, 1.0)))


def _coupling(network: HopfieldNetwork, slopes: Ball, scale: np.ndarray, norm: str, level: float) -> float:
    """Upper bound of the measure of A diag(slopes) in the norm."""
    if norm == "euclidean":
        return network.weights.symmetric_level(1.0 / scale, _right(slopes, scale), level)
    upper = slopes.upper
    rows = inflate_products(network.weights.magnitude_times(inflate_products(upper * scale, 1)) / scale, 2)
    diagonal = network.weights.diagonal
    # the diagonal counts with its sign: -|a_ii| instead of |a_ii| where it is negative
    saved = np.where(diagonal < 0, 2 * np.abs(diagonal) * np.maximum(slopes.lower, 0.0), 0.0)
    measure = rows - saved * (1 - 8 * UNIT_ROUNDOFF)
    return float((measure + np.abs(measure) * (4 * UNIT_ROUNDOFF) + 4 * SMALLEST_SUBNORMAL).max())


def _right(slopes: Ball, scale: np.ndarray) -> Ball:
    """slopes * scale, with the rounding of 1/scale on the left charged too."""
    product = slopes * Ball.exact(scale)
    return product.widened(product.magnitude * (4 * UNIT_ROUNDOFF))


def _norm_of_residual(network: HopfieldNetwork, point: np.ndarray, scale: np.ndarray, norm: str) -> float:
    x = Ball.exact(point)
    value = network.weights.product(tanh(x)) + Ball.exact(network.bias) - rational_ball(network.decay) * x
    scaled = (value / Ball.exact(scale)).magnitude
    return float(scaled.max()) if norm == "maximum" else frobenius_norm_bound(scaled.reshape(1, -1))


def _outcome(
    network: HopfieldNetwork,
    scale: np.ndarray,
    slopes: Ball,
    residual: float,
    margin: float,
    reach: float,
    norm: str,
) -> ProofResult:
    size = network.weights.size
    distance = upward(residual / margin, 2)
    entries = inflate_products(distance * scale, 1)
    euclidean = upward(distance * float(scale.max()), 2) if norm == "euclidean" else math.inf
    radius = min(frobenius_norm_bound(entries.reshape(1, -1)), euclidean)
    bound = network.weights.magnitude_times(slopes.upper)
    lowest = -upward(float(network.decay) + float(bound.max()), 4)
    smallest = float(np.nextafter(reach * float(scale.min()) * (1 - 4 * UNIT_ROUNDOFF), 0))
    alone = smallest if norm == "maximum" else upward(smallest, 0) / math.sqrt(size) * (1 - 8 * UNIT_ROUNDOFF)
    claims = (
        claim("hopfield.radius", Enclosure(0.0, radius)),
        claim("hopfield.uniqueness-radius", Enclosure(alone, alone)),
        claim("hopfield.spectral-abscissa", Enclosure(min(lowest, -margin), -margin)),
        *_directions(size),
    )
    hyperbolic = hypothesis("hopfield.hyperbolic", Status.PROVED, say("hopfield.by-norm", norm=norm))
    return ProofResult(Verdict.STABLE, say("hopfield.contraction"), claims, (hyperbolic,))


def _directions(size: int) -> tuple[Claim, ...]:
    counts = (("stable", float(size)), ("unstable", 0.0), ("undecided", 0.0))
    return tuple(claim("hopfield.directions", Enclosure(count, count), side=side) for side, count in counts)


def _undecided(reason: str) -> ProofResult:
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, say("hopfield.norms-only"))

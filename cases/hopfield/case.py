"""Continuous Hopfield networks: all equilibria and their stability, pitchfork and Hopf bifurcations, large memories."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, ball_matrix, float_matrix, rational_matrix, sympy_matrix
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.hopfield.derivation import (
    derive_bias_erratum,
    derive_hopfield_hopf,
    derive_hopfield_jacobian,
    derive_hopfield_pair,
    derive_hopfield_pitchfork,
)
from cases.hopfield.estimates import abscissa, flow, newton_equilibria
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic import Ball, tanh
from certify.arithmetic.rational import rational_ball
from certify.krawczyk import krawczyk
from certify.linear_algebra import eigenvalues
from certify.neurons import Hopfield
from certify.verdict import Verdict
from foundation import InputError
from symbolic import Derivation
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"
_COUNT, _STABLE = "number of equilibria", "number of stable equilibria"
_STATE, _ABSCISSA, _LOWEST = "x1 of the settled state", "its spectral abscissa", "its smallest real part"
_GAIN, _LARGE, _LARGE_ABSCISSA = "critical gain", "large memory: verdict", "large memory: spectral abscissa"
_PATTERNS, _STRENGTH = 10, 3.0


@final
@dataclass(frozen=True)
class Network:
    """x' = -decay x + A tanh(x) + b, exact."""

    weights: Matrix
    bias: tuple[Fraction, ...]
    decay: Fraction

    @property
    def size(self) -> int:
        return len(self.bias)

    @property
    def floats(self) -> tuple[np.ndarray, np.ndarray, float]:
        return float_matrix(self.weights), np.array([as_float(b) for b in self.bias]), as_float(self.decay)

    @property
    def box(self) -> list[tuple[float, float]]:
        """Every equilibrium lies inside: |alpha x_i| < sum_j |a_ij| + |b_i|, unless both are 0."""
        sums = [sum((abs(a) for a in row), abs(b)) / self.decay for row, b in zip(self.weights, self.bias, strict=True)]
        reach = [float(total) * 1.0625 + 1e-3 for total in sums]
        return [(-r, r) for r in reach]

    @property
    def expressions(self) -> tuple[list[sympy.Expr], list[sympy.Symbol]]:
        """The exact field, and its variables."""
        x = list(sympy.symbols(f"x1:{self.size + 1}", real=True))
        values = [sympy.tanh(v) for v in x]
        return [
            -as_sympy(self.decay) * x[i]
            + sum((as_sympy(a) * h for a, h in zip(row, values, strict=True) if a), as_sympy(self.bias[i]))
            for i, row in enumerate(self.weights)
        ], x


def network_of(values: Mapping[str, Any]) -> Network:
    """Reads the parameters together; `InputError` where their sizes differ."""
    weights, bias = values["weights"], values["bias"]
    bias = bias * len(weights) if len(bias) == 1 else bias
    if len(bias) != len(weights):
        raise InputError(f"bias must hold 1 or {len(weights)} numbers, but holds {len(bias)}")
    return Network(weights, bias, values["decay"])


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    network = network_of(values)
    derivations: list[Derivation] = [derive_hopfield_jacobian(), derive_hopfield_pitchfork(), derive_hopfield_hopf()]
    exact: dict[str, Any] = {}
    if not any(network.bias):
        top = _largest_real_part(network.weights)
        if top is not None and number_sign(top) == 1:
            exact[_GAIN] = as_sympy(network.decay) / top
        exact |= _known_counts(network)
    if _is_pair(network):
        derivations.append(derive_hopfield_pair())
    return SymbolicView(tuple(derivations), exact)


def _largest_real_part(weights: Matrix) -> sympy.Expr | None:
    """The largest real part of an eigenvalue, for one or two neurons."""
    matrix = sympy_matrix(weights)
    if matrix.rows == 1:
        return matrix[0]
    if matrix.rows != 2:
        return None
    half = matrix.trace() / 2
    discriminant = half**2 - matrix.det()
    return half + sympy.sqrt(discriminant) if discriminant > 0 else half


def _is_pair(network: Network) -> bool:
    (first, *_), *rest = network.weights
    return network.size == 2 and first == 0 == rest[0][1] and network.weights[0][1] == rest[0][0] > 0


def _known_counts(network: Network) -> dict[str, Any]:
    """One neuron, or a mutually exciting pair, without bias."""
    if network.size == 1:
        drive = network.weights[0][0]
    elif _is_pair(network):
        drive = network.weights[0][1]
    else:
        return {}
    if drive == network.decay:
        return {}
    return {_COUNT: sympy.Integer(3 if drive > network.decay else 1)} | {
        _STABLE: sympy.Integer(2 if drive > network.decay else 1)
    }


def _numeric(values: Mapping[str, Any]) -> NumericView:
    network = network_of(values)
    weights, bias, decay = network.floats
    estimates = _large_estimates(values)
    points = newton_equilibria(weights, bias, decay, starts=1000)
    tops = [abscissa(weights, decay, point) for point in points]
    remark = f"Newton's method from 1000 random states finds {len(points)} equilibria; it may miss some"
    if network.size <= 2 and tops and min(abs(top) for top in tops) > 1e-6 * decay:
        estimates[_COUNT] = Estimate(float(len(points)), 0.25)
        estimates[_STABLE] = Estimate(float(sum(top < 0 for top in tops)), 0.25)
    state = _settled(network)
    if state is not None:
        slope = weights * (1 - np.tanh(state) ** 2) - decay * np.eye(network.size)
        spectrum = np.linalg.eigvals(slope).real
        error = 1e-7 * (1 + float(np.abs(slope).max()))
        estimates[_STATE] = Estimate(float(state[0]), 1e-8 * (1 + abs(float(state[0]))))
        estimates[_ABSCISSA] = Estimate(float(spectrum.max()), error)
        estimates[_LOWEST] = Estimate(float(spectrum.min()), error)
    top = float(np.linalg.eigvals(weights).real.max())
    if not bias.any() and top > 1e-9 * float(np.abs(weights).max()):
        estimates[_GAIN] = Estimate(decay / top, 1e-6 * decay / top)
    plots = (_orbits(network, points), _bifurcations(network))
    return NumericView(estimates, plots, (remark,))


def _settled(network: Network) -> np.ndarray | None:
    """Where the flow from (1, ..., 1) comes to rest, to rounding; None where it does not."""
    weights, bias, decay = network.floats
    rate = decay + float(np.abs(weights).sum(axis=1).max())
    x = flow(weights, bias, decay, np.ones((1, network.size)), 300 / decay, int(min(400 * rate / decay + 400, 20_000)))[
        -1, 0
    ]
    for _ in range(20):
        h = np.tanh(x)
        slope = weights * (1 - h**2) - decay * np.eye(len(x))
        value = -decay * x + weights @ h + bias
        try:
            step = np.linalg.solve(slope, -value)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all() or np.abs(step).max() > 1e-2 * (1 + np.abs(x).max()):
            return None
        x = x + step
    return np.asarray(x)


def _memory(values: Mapping[str, Any]) -> tuple[Hopfield, np.ndarray]:
    """Hebb's weights (3/M) sum xi xi^T for ten random patterns, and the first pattern times 3."""
    size = values["large"]
    patterns = np.where(np.random.default_rng(values["seed"]).random((size, _PATTERNS)) < 0.5, -1.0, 1.0)
    return Hopfield((patterns * (_STRENGTH / size), patterns)), _STRENGTH * patterns[:, 0]


def _large_estimates(values: Mapping[str, Any]) -> dict[str, Estimate]:
    model, x = _memory(values)
    left, right = model.weights
    for _ in range(200):
        x = left @ (right.T @ np.tanh(x))
    slopes = 1 - np.tanh(x) ** 2
    top = float(np.linalg.eigvals((right * slopes[:, None]).T @ left).real.max())
    return {_LARGE_ABSCISSA: Estimate(max(top, 0.0) - 1.0, 1e-6)}


def _orbits(network: Network, points: np.ndarray) -> Plot:
    weights, bias, decay = network.floats
    reach = np.array([high for _, high in network.box])
    starts = np.random.default_rng(1).uniform(-1, 1, (12, network.size)) * np.minimum(reach, 4 + np.abs(reach) / 4)
    rate = decay + float(np.abs(weights).sum(axis=1).max())
    steps = int(np.clip(60 * rate / decay, 400, 4000))
    orbits = flow(weights, bias, decay, starts, 12 / decay, steps)[:: max(1, steps // 400)]
    stable = np.array([abscissa(weights, decay, point) < 0 for point in points], bool)
    if network.size == 1:
        times = np.linspace(0, 12 / decay, len(orbits))
        series = [Series("line", times, orbits[:, k, 0], tone=0) for k in range(12)]
        label, other = "time", "x1"
    else:
        series = [Series("line", orbits[:, k, 0], orbits[:, k, 1], tone=0) for k in range(12)]
        for chosen, name in ((stable, "stable equilibria"), (~stable, "unstable equilibria")):
            if chosen.any():
                series.append(Series("points", points[chosen, 0], points[chosen, 1], name, emphasis=name[0] == "s"))
        label, other = "x1", "x2"
    return Plot(
        "Orbits of the network",
        label,
        other,
        tuple(series),
        f"Twelve orbits from random states; {int(stable.sum())} stable and {int((~stable).sum())} unstable equilibria.",
    )


def _bifurcations(network: Network) -> Plot:
    """x1 of the equilibria when the weights are multiplied by a gain."""
    weights, bias, decay = network.floats
    top = float(np.linalg.eigvals(weights).real.max())
    end = max(2.0, 3 * decay / top) if top > 0.05 * decay else 2.0
    found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
    for gain in np.linspace(end / 60, end, 60):
        for point in newton_equilibria(gain * weights, bias, decay, starts=60):
            found[abscissa(gain * weights, decay, point) < 0].append((float(gain), float(point[0])))
    series = []
    for stable, name in ((True, "stable"), (False, "unstable")):
        if found[stable]:
            gains, states = np.array(found[stable]).T
            series.append(Series("points", gains, states, name, emphasis=stable))
    counts = f"{len(found[True])} stable and {len(found[False])} unstable points"
    return Plot(
        "Equilibria as the gain grows",
        "gain g of the weights",
        "x1",
        tuple(series),
        f"The first coordinate of the equilibria found for 60 gains up to {end:.3g}: {counts}.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    network = network_of(values)
    expressions, variables = network.expressions
    arguments = {"field": expressions, "box": network.box, "variables": variables, "budget": 60.0}
    counts = {_COUNT: "equilibria", _STABLE: "stable_equilibria"}
    model, start = _memory(values)
    tasks = (
        Task("all equilibria", "all-equilibria", arguments, counts),
        Task(
            f"memory of {values['large']} neurons",
            "equilibrium",
            {"field": model, "x": start},
            {_LARGE: "verdict", _LARGE_ABSCISSA: "spectral_abscissa"},
        ),
    )
    return CertifiedView(tasks, _proved_state(network) | _proved_gain(network))


def _proved_state(network: Network) -> dict[str, Any]:
    guess = _settled(network)
    weights, bias = ball_matrix(network.weights), rational_ball(np.array(network.bias, dtype=object))
    decay = rational_ball(network.decay)
    if guess is None:
        return {}

    def field(x: Ball) -> Ball:
        return weights @ tanh(x) + bias - decay * x

    def slopes(x: Ball) -> Ball:
        return weights * (1.0 - tanh(x).square()) - decay * Ball.exact(np.eye(network.size))

    for width in (1e-12, 1e-10, 1e-8, 1e-6):
        found = krawczyk(field, slopes, Ball(guess, np.full(network.size, width * (1 + float(np.abs(guess).max())))))
        if found.verdict is Verdict.PROVED:
            spectrum = eigenvalues(slopes(found.box))
            parts = spectrum.real_parts
            if not np.isfinite(parts).all():
                return {_STATE: found.box[0].enclosure()}
            top = spectrum.spectral_abscissa
            lowest = type(top)(float(parts[:, 0].min()), float(parts[:, 1].min()))
            return {_STATE: found.box[0].enclosure(), _ABSCISSA: top, _LOWEST: lowest}
    return {}


def _proved_gain(network: Network) -> dict[str, Any]:
    if any(network.bias):
        return {}
    top = eigenvalues(ball_matrix(network.weights)).spectral_abscissa
    if not top.is_above(0) or not np.isfinite(top.upper):
        return {}
    gain = rational_ball(network.decay) / Ball.from_bounds(np.array(top.lower), np.array(top.upper))
    return {_GAIN: gain.enclosure()}


CASE = case_of(
    "hopfield",
    readers={
        "weights": rational_matrix(6, square=True),
        "bias": bounded_vector(-1000, 1000, 6),
        "decay": bounded_rational(0, 1000, open_below=True),
        "large": whole_number(100, 20_000),
        "seed": whole_number(0, 2**31),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_STATE, "1.915008048154537", "x = 2 tanh x, bracketed in high precision"),
        Known(_ABSCISSA, "-0.83362791", "-1 + 2 (1 - tanh^2 x), the same"),
        Known(_LOWEST, "-1.16637209", "-1 - 2 (1 - tanh^2 x), the same"),
        Known(_COUNT, "3", "a mutually exciting pair with w > alpha"),
        Known(_STABLE, "2", "a mutually exciting pair with w > alpha"),
    ),
    errata=(
        Erratum(
            "(33): the local dynamics of a Hopfield neuron is f_i(x_i) = -alpha x_i - b_i.",
            "f_i(x_i) = -alpha x_i + b_i, as in (26); or b is replaced by -b in one of the two.",
            lambda values: derive_bias_erratum(),
        ),
    ),
)

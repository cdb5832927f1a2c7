"""The floating-point view of gravitating and charged bodies: spectra, disturbed orbits, clusters of N bodies."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg

from cases.common.parameters import as_float
from cases.common.plot import Plot, Series
from cases.model import Estimate, NumericView
from numeric import double_precision
from numeric.interactions import all_pairs, in_blocks
from numeric.particle_paths import ParticlePath, leapfrog_path, particle_path

ENERGY, MOMENTUM = "largest relative change of the energy", "largest change of the momentum"
ANGULAR = "largest relative change of the angular momentum"
REAL, MARGIN, RATIO = "largest real part", "margin of Routh's criterion", "ratio of the two distances"
_SOFTENING = 0.05
_CLOSEST = 0.05
_PAIRS = ((1, 2), (2, 0), (0, 1))
_TOLERANCE = 1e-10


@double_precision
def gas_numeric(values: Mapping[str, Any], state: Mapping[str, Any]) -> NumericView:
    """Estimates and figures; `state`: the turning bodies in floats."""
    estimates = _spectrum(values, state)
    path = disturbed_path(values, state)
    bound = 1e-6
    first = path.states[0]
    # where k = 3 turning bodies have the energy 0
    kinetic = float(np.sum(first[:, 4] * np.sum(first[:, 2:4] ** 2, axis=1)) / 2)
    for name, quantity, scale in (
        ("energy", ENERGY, max(kinetic, abs(path.monitored["energy"][0]))),
        ("momentum", MOMENTUM, 1.0),
        ("spin", ANGULAR, abs(path.monitored["spin"][0])),
    ):
        estimates[quantity] = Estimate(path.drift(name) / max(float(scale), 1e-300), bound)
    cluster = cluster_path(values["bodies"], as_float(values["exponent"]), bodies=_parts(values))
    return NumericView(estimates, (_orbits(values, state, path), _growth(values, state, path), _cluster(cluster)))


def _spectrum(values: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Estimate]:
    k = as_float(values["exponent"])
    point = jnp.asarray(state["reduced"])
    ordered = {name: [values[name][i] for i in state["order"]] for name in ("masses", "charges")}
    chosen = {**values, **ordered}
    slopes = np.asarray(jax.jacfwd(lambda y: _reduced(y, chosen, state["momentum"]))(point))
    slopes = scipy.linalg.matrix_balance(slopes, permute=False)[0]
    found, vectors = np.linalg.eig(slopes)
    size = float(np.abs(slopes).max())
    noise = 1e-14 * size * float(np.linalg.cond(vectors))
    # a double eigenvalue moves by the square root of the rounding errors
    error = 1e-6 * float(np.abs(found).max()) + min(noise, 1e-5 * size)
    estimates = {REAL: Estimate(float(found.real.max()), error)}
    if values["configuration"] == "triangle":
        # the eigenvalues are three pairs +-z with squares k - 3, a, b: tr J^4 = 4 (3 - k)^2 - 4 a b
        fourth = float(np.trace(np.linalg.matrix_power(slopes, 4)))
        estimates[MARGIN] = Estimate(fourth - 3 * (3 - k) ** 2, 1e-7 * (1 + size) ** 4)
    else:
        (first, _), (second, _), (third, _) = state["points"]
        ratio = (third - second) / (second - first)
        estimates[RATIO] = Estimate(ratio, 1e-12 * ratio)
    return estimates


def _parts(values: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.array([as_float(x) for x in values[name]]) for name in ("masses", "charges"))  # type: ignore[return-value]


def cubic_field(y: Any, masses: Any, strengths: Any, momentum: Any) -> Any:
    """The reduced field of `_reduced` for k = 3, in divisions alone; strengths (3,) of the opposite pairs."""
    r, a, b, u, v, w = y
    pair = masses[0] + masses[1]
    inner, outer = masses[0] * masses[1] / pair, masses[2] * pair / (pair + masses[2])
    turning = (momentum[0] - outer * (a * w - b * v)) / (inner * r * r)
    from_first, from_second = a + masses[1] / pair * r, a - masses[0] / pair * r
    far, near = from_first * from_first + b * b, from_second * from_second + b * b
    pull13, pull23 = strengths[1] / (far * far), strengths[0] / (near * near)
    along = pull23 * from_second / masses[1] - pull13 * from_first / masses[0]
    return jnp.stack(
        [
            u,
            v + turning * b,
            w - turning * a,
            r * turning * turning - strengths[2] / (r * r * r) / inner + along,
            turning * w - (pull13 * from_first + pull23 * from_second) / outer,
            -turning * v - (pull13 + pull23) * b / outer,
        ]
    )


def _reduced(y: Any, values: Mapping[str, Any], momentum: float) -> Any:
    """Three bodies without translations and rotations, by Newton's laws in the plane and the turning frame."""
    masses, charges = _parts(values)
    r, a, b, u, v, w = y
    pair = masses[0] + masses[1]
    inner, outer = masses[0] * masses[1] / pair, masses[2] * pair / masses.sum()
    turning = (momentum - outer * (a * w - b * v)) / (inner * r**2)
    places = jnp.stack(
        [jnp.stack([-masses[1] / pair * r, 0 * r]), jnp.stack([masses[0] / pair * r, 0 * r]), jnp.stack([a, b])]
    )
    pull = _accelerations(masses, charges, as_float(values["exponent"]), 0.0)(places)
    third = pull[2] - (masses[0] * pull[0] + masses[1] * pull[1]) / pair
    along = (pull[1] - pull[0])[0]
    return jnp.stack(
        [
            u,
            v + turning * b,
            w - turning * a,
            r * turning**2 + along,
            turning * w + third[0],
            -turning * v + third[1],
        ]
    )


def _accelerations(masses: Any, charges: Any, k: float, softening: float) -> Callable[[Any], Any]:
    """a_i = sum_j (m_i m_j - q_i q_j)/m_i (x_j - x_i) (r^2 + softening^2)^(-(k+1)/2)."""
    weights, loads = jnp.asarray(masses), jnp.asarray(charges)

    def pull(rows: Any, numbers: Any, everyone: Any) -> Any:
        same = numbers[:, None] == jnp.arange(len(everyone))[None]
        square = softening**2 + sum((rows[:, a, None] - everyone[None, :, a]) ** 2 for a in range(rows.shape[1]))
        square = jnp.where(same, 1.0, square)
        power = jax.lax.rsqrt(square) ** int(k + 1) if k == int(k) else square ** (-(k + 1) / 2)
        strength = weights[None] - (loads / weights)[numbers][:, None] * loads[None]
        scale = jnp.where(same, 0.0, strength * power)
        return scale @ everyone - jnp.sum(scale, axis=1, keepdims=True) * rows

    return lambda x: in_blocks(pull, x)


def _energy(masses: Any, charges: Any, k: float, softening: float) -> Callable[[Any], Any]:
    """Kinetic plus potential energy of a state (M, 2 d)."""

    def energy(state: Any) -> Any:
        dimension = state.shape[1] // 2
        x, v = state[:, :dimension], state[:, dimension:]
        gaps = x[None] - x[:, None]
        own = jnp.eye(len(x), dtype=bool)
        square = jnp.where(own, 1.0, jnp.sum(gaps**2, axis=2) + softening**2)
        potential = jnp.log(square) / 2 if k == 1 else -(square ** ((1 - k) / 2)) / (k - 1)
        strength = masses[:, None] * masses[None] - charges[:, None] * charges[None]
        pairs = jnp.sum(jnp.where(own, 0.0, strength * potential)) / 2
        return jnp.sum(masses[:, None] * v**2) / 2 + pairs

    return energy


def _invariants(masses: Any, charges: Any, k: float, softening: float) -> dict[str, Callable[[Any], Any]]:
    weights = jnp.asarray(masses)

    def spin(state: Any) -> Any:
        d = state.shape[1] // 2
        x, v = state[:, :d], state[:, d:]
        return jnp.sum(weights * (x[:, 0] * v[:, 1] - x[:, 1] * v[:, 0]))

    return {
        "energy": _energy(weights, jnp.asarray(charges), k, softening),
        "momentum": lambda s: jnp.linalg.norm(weights @ s[:, s.shape[1] // 2 :]),
        "spin": spin,
    }


@double_precision
def disturbed_path(values: Mapping[str, Any], state: Mapping[str, Any]) -> ParticlePath:
    """The turning bodies in the plane, their centre of mass at rest, with one velocity disturbed by a thousandth."""
    masses, charges = _parts(values)
    k = as_float(values["exponent"])
    places = np.array(state["points"])
    places = places - masses @ places / masses.sum()
    speeds = state["rate"] * np.stack([-places[:, 1], places[:, 0]], axis=1)
    kick = 1e-3 * np.linalg.norm(speeds, axis=1).max() * np.array([0.6, 0.8])
    speeds = speeds + np.outer([1.0, 0.0, 0.0], kick) - masses[0] * kick / masses.sum()

    def pair(one: Any, other: Any) -> Any:
        gap = other[:2] - one[:2]
        pull = (one[4] * other[4] - one[5] * other[5]) / one[4] * jnp.sum(gap**2) ** (-(k + 1) / 2) * gap
        return jnp.concatenate([jnp.zeros(2), pull, jnp.zeros(2)])

    def own(x: Any) -> Any:
        return jnp.concatenate([x[:, 2:4], jnp.zeros((len(x), 4))], axis=1)

    start = np.concatenate([places, speeds, masses[:, None], charges[:, None]], axis=1)
    times = np.linspace(0.0, as_float(values["horizon"]) / state["rate"], 801)
    watched = {name: (lambda s, f=f: f(s[:, :4])) for name, f in _invariants(masses, charges, k, 0.0).items()}
    path = particle_path(all_pairs(own, pair, 1.0), start, times, monitored=watched, tolerance=_TOLERANCE)
    return _before_collision(path)


def _before_collision(path: ParticlePath) -> ParticlePath:
    """The path until two bodies come closer than a twentieth of their first distances."""
    gaps = np.min([np.linalg.norm(path.states[:, i, :2] - path.states[:, j, :2], axis=1) for i, j in _PAIRS], axis=0)
    with np.errstate(invalid="ignore"):
        bad = ~(gaps > _CLOSEST * gaps[0])
    end = max(2, int(np.argmax(bad))) if bad.any() else len(bad)
    monitored = {name: values[:end] for name, values in path.monitored.items()}
    return ParticlePath(path.times[:end], path.states[:end], monitored)


def _orbits(values: Mapping[str, Any], state: Mapping[str, Any], path: ParticlePath) -> Plot:
    series, turn = [], 2 * math.pi / state["rate"]
    for body in range(3):
        x, y = path.states[:, body, 0], path.states[:, body, 1]
        series.append(Series("line", x, y, f"body {body + 1}", tone=body))
        series.append(Series("points", x[:1], y[:1], tone=body))
    return Plot(
        f"Three bodies from a turning {values['configuration']}, disturbed by a thousandth",
        "x",
        "y",
        tuple(series),
        f"The orbits of three bodies over the time {path.times[-1]:.3g}; a turn takes {turn:.3g}.",
        {"equal": True, "size": (6.0, 5.2)},
    )


def _growth(values: Mapping[str, Any], state: Mapping[str, Any], path: ParticlePath) -> Plot:
    """How the sides leave their lengths, beside the growth that the spectrum predicts."""
    gaps = np.stack([np.linalg.norm(path.states[:, i, :2] - path.states[:, j, :2], axis=1) for i, j in _PAIRS])
    distance = np.abs(gaps / gaps[:, :1] - 1).max(axis=0)[1:]
    real = float(_spectrum(values, state)[REAL].value)
    series = [Series("line", path.times[1:], distance, "largest relative change of a side", emphasis=True)]
    if real > 1e-6:
        guide = np.exp(real * (path.times[1:] - path.times[-1] / 2))
        middle = float(np.interp(path.times[-1] / 2, path.times[1:], distance))
        seen = (guide * middle < 1.0) & (guide * middle > distance[0])
        series.append(Series("dashed", path.times[1:][seen], middle * guide[seen], f"exp({real:.4g} t)"))
    return Plot(
        "How the disturbance grows",
        "time",
        "relative change",
        tuple(series),
        f"The sides change by {distance[-1]:.3g} at the end; the largest real part of the spectrum is {real:.4g}.",
        {"log_y": True},
    )


@double_precision
def cluster_path(
    count: int,
    k: float,
    steps: int = 2000,
    time_step: float = 0.005,
    bodies: tuple[np.ndarray, np.ndarray] = (np.ones(1), np.zeros(1)),
) -> ParticlePath:
    """`count` bodies in space, drawn at random, by leapfrog; the forces are softened below 1/20.

    bodies: (masses, charges), which the bodies carry in turn, divided by the sum of all masses.
    """
    generator = np.random.default_rng(0)
    masses, charges = (np.resize(part, count) for part in bodies)
    masses, charges = masses / masses.sum(), charges / masses.sum()
    places, speeds = generator.normal(size=(2, count, 3)) * np.array([0.5, 0.4])[:, None, None]
    return leapfrog_path(
        _accelerations(masses, charges, k, _SOFTENING),
        places - masses @ places,
        speeds - masses @ speeds,
        time_step,
        steps,
        every=max(1, steps // 100),
        monitored=_invariants(masses, charges, k, _SOFTENING),
    )


def _cluster(path: ParticlePath) -> Plot:
    series = []
    for name, words in (("energy", "energy"), ("spin", "angular momentum"), ("momentum", "momentum")):
        values = path.monitored[name]
        scale = abs(values[0]) if name != "momentum" else 1.0
        series.append(Series("line", path.times[1:], np.maximum(np.abs(values - values[0])[1:] / scale, 1e-17), words))
    worst = path.drift("energy") / abs(path.monitored["energy"][0])
    return Plot(
        f"Conserved quantities of {path.states.shape[1]} bodies (leapfrog)",
        "time",
        "relative change",
        tuple(series),
        f"The energy changes by at most {worst:.2g} of its value, each momentum by at most "
        f"{max(float(curve.y.max()) for curve in series[1:]):.1g} of its scale.",
        {"log_y": True},
    )

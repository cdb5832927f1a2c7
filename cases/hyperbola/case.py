"""L = k (1 - t1 t2)^2 under gradient descent: a hyperbola of minima, stable on an arc around (1, 1) and (-1, -1)."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import jax
import numpy as np
import sympy

from cases.common.parameters import as_float, as_sympy, exact_rational, positive_rational, rational_vector
from cases.common.plot import Kind, Plot, Series
from cases.common.spectral_stability import derive_manifold
from cases.common.told import Place, Told
from cases.hyperbola.derivation import derive_hyperbola_erratum, hyperbola_stable_arc
from cases.hyperbola.edge import derive_edge
from cases.hyperbola.limit import Limit, limit_of_orbit
from cases.hyperbola.vertex import derive_hyperbola_vertex
from cases.model import CertifiedView, Erratum, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.verdict import Verdict
from foundation import InputError
from numeric import GradientDescent, Regression, orbit
from symbolic import Derivation, Equal, SignIs, Step
from symbolic.checks import at
from symbolic.prove_sign import number_sign

_SOURCE = (
    "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, Fig. 7, (19)"
)
_STEPS = 2000


def regression(point: tuple[float, float]) -> Regression:
    """Phi = t1 t2 fitted to the target 1 on one example: L1 = (1 - t1 t2)^2 / 2, and L = 2k L1."""
    return Regression(lambda theta, x: theta[0] * theta[1] * x, np.array(point), np.ones(1), np.ones(1))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    scale, rate, t1 = (as_sympy(values[name]) for name in ("scale", "learning_rate", "point"))
    arc = hyperbola_stable_arc(scale, rate)
    exact: dict[str, Any] = {}
    if arc.lower is not None:
        exact["arc: lower t1^2"], exact["arc: upper t1^2"] = arc.lower, arc.upper
    exact["sharpness at the point"] = 2 * scale * (t1**2 + t1**-2)
    verdict, argument = _point_verdict(t1, scale, rate)
    exact["verdict at the point"] = verdict
    general = replace(hyperbola_stable_arc().derivation, title="The stable arc for every learning rate and factor")
    return SymbolicView((general, arc.derivation, argument, derive_manifold(), derive_edge()), exact)


def _point_verdict(t1: sympy.Rational, scale: sympy.Rational, rate: sympy.Rational) -> tuple[Verdict, Derivation]:
    """The minimum (t1, 1/t1) by its multiplier, and by exact arguments where that has modulus one."""
    multiplier = 1 - 2 * rate * scale * (t1**2 + t1**-2)
    excess = number_sign(abs(multiplier) - 1)
    if excess == 0:
        return _critical_point(t1, scale, rate)
    relation, verdict = ("<", Verdict.STABLE) if excess == -1 else (">", Verdict.UNSTABLE)
    eta, k, t = sympy.symbols("eta k t1", real=True)
    general = sympy.Abs(1 - 2 * eta * k * (t**2 + t**-2)) - 1
    step = Step(
        f"The minimum ({t1}, {1 / t1}) has the normal multiplier {multiplier}: it is {verdict.value}.",
        reason="Comparison of its modulus with one.",
        reference="Chemnitz, Engel, Kuehn, Kuntz, Theorem 3.9",
        check=SignIs(at(general, (eta, rate), (k, scale), (t, t1)), relation),
    )
    symbols = ((eta, "learning rate"), (k, "factor of the loss"), (t, "the minimum is (t1, 1/t1)"))
    return verdict, Derivation("The verdict at the point", symbols, (step,))


def _critical_point(t1: sympy.Rational, scale: sympy.Rational, rate: sympy.Rational) -> tuple[Verdict, Derivation]:
    """Multiplier -1: at (1, 1) the cubic term and a Lyapunov function; elsewhere the end of a stable arc."""
    if abs(t1) == 1:
        return Verdict.STABLE, derive_hyperbola_vertex(scale)
    eta, k, t = sympy.symbols("eta k t1", real=True)
    step = Step(
        f"The minimum ({t1}, {1 / t1}) is an end of the stable arc: its normal multiplier is -1, and the strictly "
        "stable minima inside the arc come arbitrarily close to it. The support of the limit law is closed, so it "
        "contains it.",
        reason="Theorem 3.9 inside the arc, and the definition of the support.",
        reference="Chemnitz, Engel, Kuehn, Kuntz, Proposition 3.8",
        check=Equal(at(1 - 2 * eta * k * (t**2 + t**-2), (eta, rate), (k, scale), (t, t1)), sympy.Integer(-1)),
    )
    symbols = ((eta, "learning rate"), (k, "factor of the loss"), (t, "the minimum is (t1, 1/t1)"))
    return Verdict.STABLE, Derivation("The verdict at an end of the stable arc", symbols, (step,))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    scale, rate = as_float(values["scale"]), as_float(values["learning_rate"])
    start = np.array([as_float(x) for x in values["start"]])
    gradient = jax.grad(lambda t: scale * (1 - t[0] * t[1]) ** 2)
    fixed = values["start"][0] * values["start"][1] == 1  # decided exactly: its rounding would move away
    path = orbit(lambda t: t if fixed else t - rate * gradient(t), start, _STEPS)
    t1 = as_float(values["point"])
    estimates = {"sharpness at the point": Estimate(*_with_error(2 * scale * (t1**2 + t1**-2)))}
    ends = np.sort(np.roots([1.0, -1 / (scale * rate), 1.0]))
    if np.isrealobj(ends) and ends[1] > ends[0]:
        estimates["arc: lower t1^2"] = Estimate(*_with_error(ends[0], 1e-10))
        estimates["arc: upper t1^2"] = Estimate(*_with_error(ends[1], 1e-10))
    if path.diverged_at is None and abs(1 - np.prod(path.points[-1])) < 1e-9:
        end = path.points[-1]
        estimates["limit t1"], estimates["limit t2"] = (Estimate(*_with_error(x, 1e-8)) for x in end)
        radius = abs(1 - rate * 2 * scale * float(end @ end))
        estimates["spectral radius at the limit"] = Estimate(*_with_error(radius, 1e-8))
    remarks = (_fixed_point(values["start"]) if fixed else _fate(path.diverged_at, path.points[-1]),)
    return NumericView(estimates, (_picture(values, path.points, path.diverged_at),), remarks)


def _with_error(value: float, relative: float = 1e-13) -> tuple[float, float]:
    return float(value), relative * max(1.0, abs(float(value)))


def _fixed_point(start: tuple[Fraction, ...]) -> Told:
    return Told.of("The start {} is a minimum, hence a fixed point: the orbit stays there.", Place(start))


def _fate(diverged_at: int | None, end: np.ndarray) -> str:
    if diverged_at is not None:
        return f"The orbit leaves every bounded set: it overflows at step {diverged_at}."
    if abs(1 - np.prod(end)) < 1e-9:
        return Told.of("The orbit converges to {}.", Place((float(end[0]), float(end[1])), 11))
    return Told.of(
        f"After {_STEPS} steps the orbit has not settled; it is at {{}}.", Place((float(end[0]), float(end[1])))
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    scale, rate, t1 = values["scale"], values["learning_rate"], values["point"]
    # L = 2k L1, so a step of size eta on L is a step of size 2 k eta on L1
    optimizer, other = GradientDescent(2 * scale * rate), _of_another_loss(scale, rate)
    label = f"minimum at the point{other}"
    tasks = [Task(label, "minimum", _arguments(t1, 1 / t1, optimizer), {"verdict at the point": "verdict"})]
    proved: dict[str, Any] = {"sharpness at the point": _sharpness_at(t1, scale).enclosure()}
    if 2 * scale * rate < 1:
        proved |= _arc(rational_ball(1 / (scale * rate)))
    limit = limit_of_orbit(values["start"], scale, rate)
    if isinstance(limit, Limit):
        proved["limit t1"], proved["limit t2"] = limit.t1, limit.t2
        arguments = _arguments(limit.t1.midpoint, limit.t2.midpoint, optimizer)
        quantities = {"spectral radius at the limit": "spectral_radius", "verdict at the limit": "verdict"}
        tasks.append(Task(f"limit of the orbit{other}", "minimum", arguments, quantities))
    return CertifiedView(tuple(tasks), proved)


def _of_another_loss(scale: Fraction, rate: Fraction) -> str:
    """Which loss and learning rate the certificates are of; they are those of the case for k = 1/2."""
    if 2 * scale == 1:
        return ""
    return f", as one of L/(2 k) with the learning rate 2 k eta = {2 * scale * rate}: the same steps"


def _arguments(t1: Any, t2: Any, optimizer: GradientDescent) -> dict[str, Any]:
    return {"problem": regression((float(t1), float(t2))), "optimizer": optimizer}


def _arc(c: Ball) -> dict[str, Any]:
    """The zeros of u^2 - c u + 1 for c > 2, in balls; the smaller one without cancellation."""
    upper = (c + (c.square() - 4.0).sqrt()) / 2.0
    return {"arc: lower t1^2": (1.0 / upper).enclosure(), "arc: upper t1^2": upper.enclosure()}


def _sharpness_at(t1: Fraction, scale: Fraction) -> Ball:
    """2k (t1^2 + t1^-2) in balls."""
    x = rational_ball(t1)
    return rational_ball(2 * scale) * (x.square() + (1.0 / x).square())


def _picture(values: Mapping[str, Any], points: np.ndarray, diverged_at: int | None) -> Plot:
    scale, rate = as_float(values["scale"]), as_float(values["learning_rate"])
    centre = 1 / (scale * rate)
    series = [*_branch(1.0, centre), *_branch(-1.0, centre)]
    kept = points[: diverged_at or len(points)]
    kept = kept[np.abs(kept).max(axis=1) < 6]
    shown = kept[: min(len(kept), 400)]
    series.append(Series("path", shown[:, 0], shown[:, 1], "gradient descent", emphasis=True))
    where = "no arc is stable" if centre <= 2 else "the stable arc is solid, the unstable arcs are dashed"
    return Plot(
        f"Minima of k (1 - t1 t2)^2 and one orbit, k = {values['scale']}, eta = {values['learning_rate']}",
        "t1",
        "t2",
        tuple(series),
        Told.of(
            f"The hyperbola t1 t2 = 1 in the plane; {where}; an orbit of gradient descent starts at {{}} and its last "
            "drawn point is {}.",
            Place((float(shown[0, 0]), float(shown[0, 1])), 3),
            Place((float(shown[-1, 0]), float(shown[-1, 1])), 4),
        )
        if len(shown)
        else f"The hyperbola t1 t2 = 1 in the plane; {where}; the orbit begins outside of the picture.",
        {"x_limits": (-3.2, 3.2), "y_limits": (-3.2, 3.2), "equal": True, "size": (6.0, 5.6), "legend": "upper left"},
    )


def _branch(sign: float, centre: float) -> list[Series]:
    t = np.geomspace(0.25, 4.0, 601)
    stable = t**2 + t**-2 < centre
    parts: tuple[tuple[Kind, np.ndarray, str], ...] = (
        ("dashed", ~stable & (t < 1), "unstable minima"),
        ("line", stable, "stable minima"),
        ("dashed", ~stable & (t >= 1), ""),
    )
    return [
        Series(kind, sign * t[keep], sign / t[keep], text if sign > 0 else "", tone=0 if kind == "line" else 1)
        for kind, keep, text in parts
        if keep.any()
    ]


def _erratum(values: Mapping[str, Any]) -> Derivation:
    return derive_hyperbola_erratum()


def _nonzero(value: Any, name: str) -> Fraction:
    number = exact_rational(value, name)
    if number == 0:
        raise InputError(f"{name} must not be 0: no minimum has t1 = 0")
    return number


CASE = case_of(
    "hyperbola",
    readers={
        "scale": positive_rational,
        "learning_rate": positive_rational,
        "start": rational_vector(2),
        "point": _nonzero,
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known("limit t1", "-0.9987967396", "independent computation"),
        Known("limit t2", "-1.0012047100", "independent computation"),
        Known("verdict at the point", "STABLE", "exact: t1^2 = 1 lies in (2 - sqrt 3, 2 + sqrt 3)"),
    ),
    errata=(
        Erratum(
            "Figure 7 shows stable and unstable arcs, and a convergent orbit from (2.5, 0.41), for L = (1 - t1 t2)^2 "
            "with eta = 1/2. For this loss no minimum is strictly stable at eta = 1/2, and that orbit diverges.",
            "The figure's arcs belong to L = (1 - t1 t2)^2 / 2 (k = 1/2) with eta = 1/2: the minimum (t1, 1/t1) is "
            "stable iff t1^2 lies between 2 - sqrt 3 and 2 + sqrt 3.",
            _erratum,
        ),
    ),
)

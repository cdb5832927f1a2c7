"""Universal embedding: any function of d inputs and q outputs is a neural differential equation in d + q dimensions."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import diffrax
import flint
import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.formulas import SYMBOLIC, TRACED, formulas
from cases.common.numbers_of import numbers_of
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.embedding.derivation import derive_embedding, derive_obstruction, derive_rank_bound
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.linear_algebra import singular_values
from certify.program import evaluate, jacobian, trace
from certify.verdict import Verdict
from foundation import InputError
from numeric import double_precision

_SOURCE = (
    "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, Theorem 2.6"
)
_VERDICT = "Psi is embedded with W, W~ of full rank"
_SINGULAR = "singular value d + q - m of the derivative of Psi at the point"
_MOST, _SOLUTIONS, _SECONDS = 4, 15, 20.0


def _output(j: int) -> str:
    return f"output {j + 1} at the point"


def _sizes(values: Mapping[str, Any]) -> tuple[int, int, int]:
    """(d, q, m); `InputError` when they do not fit the target and the point."""
    target, d = values["target"], len(values["point"])
    used, q = max(part.variables for part in target.parts), len(values["target"])
    if used > d:
        raise InputError(f"the target uses x{used}, so the point needs at least {used} numbers, but has {d}")
    m = d + q if values["dimension"] is None else values["dimension"]
    if m < max(d, q):
        raise InputError(f"dimension must be at least max(d, q) = {max(d, q)} for matrices of full rank, but is {m}")
    return d, q, m


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    d, q, m = _sizes(values)
    x = sympy.symbols(f"x1:{d + 1}", real=True)
    target = [sympy.sympify(part, strict=True) for part in values["target"].at(x, SYMBOLIC)]
    place = dict(zip(x, (as_sympy(entry) for entry in values["point"]), strict=True))
    exact: dict[str, Any] = {_output(j): part.subs(place) for j, part in enumerate(target)}
    if m >= d + q:
        exact[_VERDICT] = Verdict.PROVED
        embedding = derive_embedding(target, x, m, as_sympy(values["horizon"]))
        return SymbolicView((embedding, derive_rank_bound()), exact)
    slopes = sympy.Matrix(target).jacobian(x).subs(place).as_immutable()
    obstruction = derive_obstruction(slopes, d + q - m, tuple(place.values()))
    exact[_VERDICT] = Verdict.REFUTED if obstruction else Verdict.UNDECIDED
    if obstruction:
        exact[_SINGULAR] = sympy.Integer(0)
    return SymbolicView((derive_rank_bound(), *([obstruction] if obstruction else [])), exact)


def _field(values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """f(h) = (0, Psi(h1)/T, 0) on R^m as a JAX function."""
    d, q, m = _sizes(values)
    horizon = TRACED.constant(values["horizon"])

    def field(h: Any) -> Any:
        parts = values["target"].at([h[i] for i in range(d)], TRACED)
        zero = 0.0 * h[0]
        moved = [part / horizon + zero for part in parts]
        return jnp.stack([zero] * d + moved + [zero] * (m - d - q))

    return field


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    d, q, m = _sizes(values)
    point = np.array([as_float(entry) for entry in values["point"]])
    direct = jax.jit(jax.vmap(lambda x: jnp.stack(values["target"].at(x, TRACED))))
    inputs = np.concatenate([point[None], _paths_inputs(values, point), _shown(values, point), _samples(values, point)])
    wanted = np.asarray(direct(inputs))
    if not np.isfinite(wanted).all():
        raise InputError("the target is too large for float64 near the point; make the radius or the target smaller")
    if m < d + q:
        slopes = np.asarray(jax.jacobian(lambda x: direct(x[None])[0])(point))
        value = float(np.linalg.svd(slopes)[1][d + q - m - 1])
        scale = 1e-12 * (1 + float(np.abs(slopes).max()))
        remark = (
            f"m = {m} is below d + q = {d + q}: the construction has no room. Where the derivative of Psi has a rank "
            f"below {d + q - m}, Psi is out of reach; a larger rank at this point decides nothing."
        )
        estimates = {_SINGULAR: Estimate(value, scale)} | _estimates(wanted[0])
        return NumericView(estimates, (_picture(values, point, wanted, None),), (remark,))
    states = _solutions(values, np.concatenate([inputs, np.zeros((len(inputs), m - d))], axis=1))
    outputs = states[:, -1, d : d + q]
    worst = float(np.abs(outputs - wanted).max())
    plots = (_picture(values, point, wanted, outputs), _paths(states[1 : 1 + _SOLUTIONS], d))
    remark = f"Largest |Phi - Psi| over {len(inputs)} points of the box: {worst:.2g}."
    return NumericView(_estimates(outputs[0]), plots, (remark,))


def _estimates(found: np.ndarray) -> dict[str, Estimate]:
    return {_output(j): Estimate(float(y), 1e-10 * (1 + abs(float(y)))) for j, y in enumerate(found)}


def _samples(values: Mapping[str, Any], point: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.asarray(point + as_float(values["radius"]) * rng.uniform(-1, 1, size=(values["samples"], len(point))))


def _axes(values: Mapping[str, Any], point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values of x1 and, for two inputs, of x2 in the first picture."""
    reach = as_float(values["radius"])
    second = point[1] + reach * np.linspace(-1, 1, 81) if len(point) == 2 else np.zeros(1)
    return point[0] + reach * np.linspace(-1, 1, 101), second


def _shown(values: Mapping[str, Any], point: np.ndarray) -> np.ndarray:
    """The inputs of the first picture: a grid for two inputs, else a line along the first input."""
    first, second = _axes(values, point)
    if len(point) == 2:
        return np.stack(np.meshgrid(first, second), axis=-1).reshape(-1, 2)
    return _along(point, first)


def _along(point: np.ndarray, first: np.ndarray) -> np.ndarray:
    inputs = np.repeat(point[None], len(first), axis=0)
    inputs[:, 0] = first
    return inputs


def _paths_inputs(values: Mapping[str, Any], point: np.ndarray) -> np.ndarray:
    return _along(point, point[0] + as_float(values["radius"]) * np.linspace(-1, 1, _SOLUTIONS))


def _solutions(values: Mapping[str, Any], starts: np.ndarray) -> np.ndarray:
    """Solutions from many starts (N, m) at 9 times, by diffrax: (N, 9, m)."""
    field, horizon = _field(values), as_float(values["horizon"])
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(lambda t, h, _: jax.vmap(field)(h)),
        diffrax.Tsit5(),
        t0=0.0,
        t1=horizon,
        dt0=horizon / 8,
        y0=jnp.asarray(starts),
        saveat=diffrax.SaveAt(ts=jnp.linspace(0.0, horizon, 9)),
    )
    return np.asarray(solution.ys).swapaxes(0, 1)


def _picture(values: Mapping[str, Any], point: np.ndarray, wanted: np.ndarray, outputs: np.ndarray | None) -> Plot:
    """The first output along the first input through the point; an image over both inputs when d = 2."""
    first, second = _axes(values, point)
    chosen = slice(1 + _SOLUTIONS, 1 + _SOLUTIONS + len(first) * len(second))
    name = "target Psi" if outputs is None else "network Phi"
    if len(point) == 2:
        surface = (wanted if outputs is None else outputs)[chosen, 0].reshape(len(second), len(first))
        image = Series("image", first, second, f"first output of the {name}", upper=surface)
        place = Series("points", point[:1], point[1:], "the point", emphasis=True)
        alternative = f"The first output of the {name} over the square around the point."
        return Plot(f"Output of the {name}", "input x1", "input x2", (image, place), alternative, {"size": (5.8, 4.8)})
    series = [Series("dashed", first, wanted[chosen, 0], "target Psi")]
    if outputs is not None:
        series.insert(0, Series("line", first, outputs[chosen, 0], "network Phi", emphasis=True))
    return Plot(
        "First output along the first input",
        "input x1",
        "output 1",
        tuple(series),
        "The target alone; the construction has no room." if outputs is None else "Network and target coincide.",
    )


def _paths(states: np.ndarray, d: int) -> Plot:
    """The plane of the first input and the first output component: the solutions move straight up or down."""
    series = [
        Series("line", path[:, 0], path[:, d], "solutions" if k == 0 else "", tone=0) for k, path in enumerate(states)
    ]
    series.append(Series("points", states[:, -1, 0], states[:, -1, d], "at the time T", emphasis=True))
    return Plot(
        "Solutions in the plane of the input x1 and the new component",
        "h_1, which stays at x1",
        f"h_{d + 1}, which goes from 0 to Psi_1(x)",
        tuple(series),
        "Each solution keeps its input and moves vertically to the value of the target; none crosses another.",
    )


@double_precision
def _certified(values: Mapping[str, Any]) -> CertifiedView:
    d, q, m = _sizes(values)
    point = rational_ball(np.array(values["point"], dtype=object))
    if m >= d + q:
        outputs = certified_outputs(values, point)
        if outputs is None:
            return CertifiedView(values={_VERDICT: Verdict.UNDECIDED})
        proved: dict[str, Any] = {_output(j): outputs[j].enclosure() for j in range(q)}
        return CertifiedView((_time_map_task(values),), proved | {_VERDICT: Verdict.PROVED})
    program = trace(lambda x: jnp.stack(values["target"].at(x, TRACED)), np.zeros(d))
    (image,), slopes = evaluate(program, [point]), jacobian(program, [point])
    proved = {_output(j): image[j].enclosure() for j in range(q)}
    spread = singular_values(slopes)
    order = d + q - m - 1
    small = _has_rank_at_most(jacobian(program, [point], precision=256), order)
    return CertifiedView(
        values=proved | {_SINGULAR: spread[order], _VERDICT: Verdict.REFUTED if small else Verdict.UNDECIDED}
    )


def _time_map_task(values: Mapping[str, Any]) -> Task:
    """The flow of the constructed field from (x, 0) over the time T, by a validated integrator."""
    d, q, m = _sizes(values)
    arguments = {
        "field": _field(values),
        "x": [*values["point"], *[Fraction(0)] * (m - d)],
        "time": values["horizon"],
        "tolerance": 1e-18,
        "budget": _SECONDS,
    }
    quantities = {_output(j): f"coordinate_{d + j + 1}" for j in range(q)}
    return Task("the network at the point", "time-map", arguments, quantities)


def certified_outputs(values: Mapping[str, Any], point: Ball) -> Ball | None:
    """Phi(x) from the field alone: when its first d entries are 0 and it ignores the others, h(T) = h(0) + T f(h(0)).

    Both are proved over all of the box |h_i - x_i| <= radius and every value up to 10^6 of the components that move.
    """
    d, q, m = _sizes(values)
    program = trace(_field(values), np.zeros(m))
    wide = np.concatenate([point.rad + as_float(values["radius"]), np.full(m - d, 1e6)])
    box = Ball(np.concatenate([point.mid, np.zeros(m - d)]), wide)
    (image,), slopes = evaluate(program, [box]), jacobian(program, [box])
    still = np.r_[0:d, d + q : m]
    if image.magnitude[still].any() or slopes.magnitude[:, d:].any() or slopes.magnitude[still].any():
        return None
    start = Ball(np.concatenate([point.mid, np.zeros(m - d)]), np.concatenate([point.rad, np.zeros(m - d)]))
    (velocity,) = evaluate(program, [start])
    outputs = velocity[d : d + q] * rational_ball(values["horizon"])
    return outputs if (outputs.magnitude < 1e6).all() else None


def _has_rank_at_most(slopes: np.ndarray, rank: int) -> bool:
    """Whether a matrix (q, d) of Arb balls is exact, and its rank is at most `rank`."""
    if not all(entry.is_exact() for entry in slopes.ravel()):
        return False
    rows = [[flint.fmpq(*_binary(entry)) for entry in row] for row in slopes]
    return int(flint.fmpq_mat(rows).rank()) <= rank


def _binary(number: flint.arb) -> tuple[flint.fmpz, flint.fmpz]:
    """Numerator and denominator of an exact ball, which is mantissa 2^exponent."""
    mantissa, exponent = number.man_exp()
    shift = flint.fmpz(2) ** abs(int(exponent))
    return (mantissa * shift, flint.fmpz(1)) if exponent >= 0 else (mantissa, shift)


CASE = case_of(
    "embedding",
    readers={
        "target": formulas(3, _MOST),
        "point": numbers_of,
        "dimension": whole_number(1, 12),
        "horizon": bounded_rational(Fraction(1, 1000), 1000),
        "radius": bounded_rational(0, 100, open_below=True),
        "samples": whole_number(1, 10**6),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_output(0), "5/36", "1/4 - 1/9"),
        Known(_VERDICT, "PROVED", "m = 3 = d + q"),
    ),
)

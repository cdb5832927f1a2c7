"""Residual networks h_{l+1} = h_l + (T/L) f(h_l): Euler steps of a differential equation, and invertible layers."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import jax
import jax.numpy as jnp
import numpy as np
import scipy.integrate
import sympy

from cases.architectures.numbers_of import numbers_of
from cases.architectures.residual_block import (
    Block,
    arb_matrix,
    layer_is_injective,
    lipschitz_on_box,
    network,
)
from cases.case import Case, CertifiedView, Estimate, Known, NumericView, SymbolicView, Task
from cases.matrix_parameters import Matrix, rational_matrix, sympy_matrix
from cases.parameters import Parameter, as_float, as_sympy, one_of, whole_number
from cases.plot import Plot, Series
from cases.readers import bounded_rational
from certify.arithmetic.rational import rational_ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.linear_algebra import spectral_norm
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric import double_precision
from symbolic.systems.residual_network import derive_euler_order, derive_injectivity, derive_layer

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (4)-(7)"
_LIPSCHITZ, _INJECTIVE = "Lipschitz constant of one block on the box", "one layer is injective on the box"
_DETERMINANT, _ORDER = "determinant of dh_L/dx", "order of convergence"
_PRECISION, _EXACT_LAYERS, _LONGEST = 256, 64, 30
_LARGEST_FLOW, _SECONDS = 64, 8.0


def _error(i: int) -> str:
    return f"L times the error, neuron {i + 1}"


def _end(i: int) -> str:
    return f"h(T) of the differential equation, neuron {i + 1}"


def _limit(i: int) -> str:
    return f"limit of L times the error, neuron {i + 1}"


def _block(values: Mapping[str, Any]) -> Block:
    """The block; `InputError` when the sizes differ or it is too steep."""
    size = len(values["start"])
    if values["seed"] is not None:
        inner, outer, bias = _seeded(values["seed"], values["width"], size)
    else:
        inner, outer, bias = values["inner"].rows, values["outer"].rows, values["bias"]
        bias = bias * len(inner) if len(bias) == 1 else bias
    k, d = len(inner), len(inner[0])
    if d != size or (len(outer), len(outer[0])) != (d, k) or len(bias) != k:
        raise InputError(
            f"start has {size} numbers, so inner must have {size} columns, outer the shape of inner transposed and "
            f"bias a number for each of the {k} rows of inner"
        )
    steep = np.linalg.norm(np.array(outer, float), 2) * np.linalg.norm(np.array(inner, float), 2)
    if steep * as_float(values["horizon"]) > _LONGEST:
        raise InputError(
            f"|outer| |inner| horizon is {steep * as_float(values['horizon']):.3g}; at most {_LONGEST} is allowed"
        )
    return Block(inner, outer, bias, values["activation"], values["horizon"] / values["layers"])


def _seeded(seed: int, width: int, size: int) -> tuple[Any, Any, Any]:
    """Normal weights of variance 1 / (number of inputs), rounded to multiples of 1/1024."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return np.round(1024 * rng.normal(size=shape) / math.sqrt(shape[-1])).astype(int)

    def exact(rows: np.ndarray) -> Any:
        return tuple(tuple(Fraction(int(entry), 1024) for entry in row) for row in rows)

    return exact(draw(width, size)), exact(draw(size, width)), exact(draw(1, width))[0]


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    block, derivations = _block(values), [derive_euler_order(), derive_injectivity()]
    inner, outer = sympy_matrix(Matrix(block.inner)), sympy_matrix(Matrix(block.outer))
    if max(inner.shape) <= 3:
        bias = [as_sympy(entry) for entry in block.bias]
        derivations.append(derive_layer(inner, outer, bias, as_sympy(block.step), block.activation))
    exact: dict[str, Any] = {_ORDER: sympy.Integer(1)}
    if block.is_affine:
        one_layer = sympy.eye(outer.rows) + as_sympy(block.step) * outer * inner
        exact[_INJECTIVE] = Verdict.PROVED if one_layer.det() != 0 else Verdict.REFUTED
        if values["layers"] <= _EXACT_LAYERS and outer.rows <= 3:
            exact[_DETERMINANT] = one_layer.det() ** values["layers"]
            exact = {name: value for name, value in exact.items() if _is_short(value)}
    if inner.shape == (1, 1):
        exact |= _one_neuron(values, block)
    return SymbolicView(tuple(derivations), exact)


def _is_short(value: Any) -> bool:
    """Whether an exact answer can be read."""
    return isinstance(value, Verdict) or all(max(abs(n.p), n.q) < 10**30 for n in value.atoms(sympy.Rational))


def _one_neuron(values: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """Closed forms for d = k = 1: h' = v (w h + b), and h' = v tanh(w h + b)."""
    w, v, b = (as_sympy(x) for x in (block.inner[0][0], block.outer[0][0], block.bias[0]))
    x, horizon, step = as_sympy(values["start"][0]), as_sympy(values["horizon"]), as_sympy(block.step)
    exact: dict[str, Any] = {}
    if block.is_affine:
        exact[_LIPSCHITZ] = abs(step * v * w)
        rate, speed = v * w, v * (w * x + b)
        end = x + speed * ((sympy.exp(rate * horizon) - 1) / rate if rate else horizon)
        exact[_end(0)] = end
        exact[_limit(0)] = horizon**2 * rate * speed * sympy.exp(rate * horizon) / 2
        if values["layers"] <= _EXACT_LAYERS:
            last = x + speed * (((1 + step * rate) ** values["layers"] - 1) / rate if rate else horizon)
            error = values["layers"] * (end - last)
            exact |= {_error(0): error} if _is_short(last) else {}
    elif block.activation == "tanh":
        middle, radius = w * x + b, abs(w) * as_sympy(values["radius"])
        nearest = max(sympy.Integer(0), abs(middle) - radius)
        exact[_LIPSCHITZ] = abs(step * v * w) * (1 - sympy.tanh(nearest) ** 2)
        if w * v != 0 and middle != 0:
            last_speed = v * sympy.tanh(w * _tanh_flow(w, v, b, x, horizon) + b)
            growth = sympy.log(last_speed / (v * sympy.tanh(middle)))
            exact[_limit(0)] = horizon * last_speed * growth / 2
    return exact


def _tanh_flow(w: Any, v: Any, b: Any, x: Any, horizon: Any) -> sympy.Expr:
    """h' = v tanh(w h + b): sinh(w h + b) grows like exp(w v t)."""
    grown = sympy.exp(w * v * horizon) * sympy.sinh(w * x + b)
    return (sympy.log(grown + sympy.sqrt(grown**2 + 1)) - b) / w


@double_precision
def _numeric(values: Mapping[str, Any]) -> NumericView:
    block, start = _block(values), np.array([as_float(x) for x in values["start"]])
    field, horizon = block.field(), as_float(values["horizon"])
    times, path, coefficient = _solution(block.field_and_error(library=np), start, horizon)
    numbers = np.unique(np.concatenate([2 ** np.arange(1, 13), [values["layers"]]]))
    plain = block.field(np)
    ends = np.array([_layers(plain, start, horizon, int(n))[-1] for n in numbers])
    errors = path[-1] - ends
    scale = 1 + float(np.abs(path).max())
    here = int(np.searchsorted(numbers, values["layers"]))
    estimates = {}
    for i in range(len(start)):
        tolerance = 1e-10 * scale * max(1.0, horizon)
        estimates[_end(i)] = Estimate(float(path[-1, i]), 1e-11 * scale)
        estimates[_error(i)] = Estimate(float(values["layers"] * errors[here, i]), values["layers"] * 3e-12 * scale)
        estimates[_limit(i)] = Estimate(
            float(horizon * coefficient[i]), tolerance * (1 + horizon * abs(coefficient[i]))
        )
    sizes = np.abs(errors).max(axis=1)
    last = sizes[np.isin(numbers, (1024, 2048, 4096))]
    if last[-1] > 1e-9 * scale:
        before, order = np.log2(last[:-1] / last[1:])
        estimates[_ORDER] = Estimate(float(order), 0.01 + 3 * abs(float(order - before)))
    jacobian = jax.jacobian(lambda x: _scanned(field, x, horizon, values["layers"]))(jnp.asarray(start))
    value = float(np.linalg.det(np.asarray(jacobian)))
    norm = float(np.linalg.norm(np.asarray(jacobian), 2))
    estimates[_DETERMINANT] = Estimate(value, 1e-13 * values["layers"] * (abs(value) + norm ** len(start)) + 1e-15)
    constant = _sampled_constant(field, start, values, block)
    estimates[_LIPSCHITZ] = Estimate(constant, 0.1 * constant + 1e-12)
    plots = (
        _order_plot(numbers, sizes),
        _limit_plot(numbers, errors[:, 0], horizon * float(coefficient[0])),
        _path_plot(times, path[:, 0], plain, start, horizon),
    )
    return NumericView(estimates, plots)


def _solution(both: Any, start: np.ndarray, horizon: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, h(t), and E(T): E' = Df E + Df f / 2 from 0, the coefficient of the error."""
    times = np.linspace(0.0, horizon, 65)
    found = scipy.integrate.solve_ivp(
        lambda t, state: both(state),
        (0.0, horizon),
        np.concatenate([start, 0 * start]),
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-14,
        max_step=horizon / 64,
    )
    return times, found.y[: len(start)].T, found.y[len(start) :, -1]


def _layers(field: Any, start: np.ndarray, horizon: float, count: int) -> np.ndarray:
    """h_0, ..., h_L (L + 1, d), in NumPy."""
    states = [start]
    for _ in range(count):
        states.append(states[-1] + horizon / count * field(states[-1]))
    return np.array(states)


def _scanned(field: Any, start: Any, horizon: float, count: int) -> Any:
    """h_L in JAX, by a scan."""
    return jax.lax.scan(lambda h, _: (h + horizon / count * field(h), None), start, None, length=count)[0]


def _sampled_constant(field: Any, start: np.ndarray, values: Mapping[str, Any], block: Block) -> float:
    """The largest spectral norm of the derivative of (T/L) f at random points of the box, then around the best."""
    rng, radius = np.random.default_rng(0), as_float(values["radius"])
    slopes = jax.jit(jax.vmap(jax.jacobian(field)))
    best, place = 0.0, 0 * start
    for spread in (0.0, 2.0, 1.0, 0.3, 0.1, 0.03, 0.01):
        steps = spread * rng.normal(size=(500, len(start))) if spread else rng.uniform(-2, 2, size=(500, len(start)))
        directions = np.clip(place + steps, -1, 1)
        directions[0] = place
        norms = np.linalg.norm(np.asarray(slopes(jnp.asarray(start + radius * directions))), 2, axis=(1, 2))
        best, place = float(norms.max()), directions[int(norms.argmax())]
    return float(block.step) * best


def _order_plot(numbers: np.ndarray, sizes: np.ndarray) -> Plot:
    seen = sizes > 1e-15
    series = [Series("path", numbers[seen], sizes[seen], "largest error of h_L", emphasis=True)]
    if seen.any():
        line = sizes[seen][-1] * numbers[seen][-1] / numbers[seen]
        series.append(Series("dashed", numbers[seen], line, "slope -1"))
    return Plot(
        "Deeper networks come closer to the differential equation",
        "layers L",
        "error |h(T) - h_L|",
        tuple(series),
        "The error falls along the line of slope -1 in logarithmic axes.",
        {"log_x": True, "log_y": True},
    )


def _limit_plot(numbers: np.ndarray, errors: np.ndarray, limit: float) -> Plot:
    return Plot(
        "L times the error converges",
        "layers L",
        "L (h(T) - h_L), neuron 1",
        (
            Series("path", numbers, numbers * errors, "network", emphasis=True),
            Series("dashed", numbers[[0, -1]], np.full(2, limit), f"limit {limit:.6g}"),
        ),
        f"L times the error approaches {limit:.6g}.",
        {"log_x": True},
    )


def _path_plot(times: np.ndarray, path: np.ndarray, field: Any, start: np.ndarray, horizon: float) -> Plot:
    series = [Series("line", times, path, "differential equation", emphasis=True)]
    for count in (2, 4, 8, 16):
        states = _layers(field, start, horizon, count)[:, 0]
        series.append(Series("path", np.linspace(0, horizon, count + 1), states, f"L = {count}"))
    return Plot(
        "Layers as Euler steps",
        "time t = l T / L",
        "state, neuron 1",
        tuple(series),
        "The layers of networks of growing depth approach the solution.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    block, layers = _block(values), values["layers"]
    constant, pieces = lipschitz_on_box(block, rational_ball(np.array(values["start"], dtype=object)), values["radius"])
    proved: dict[str, Any] = {_LIPSCHITZ: constant, _INJECTIVE: layer_is_injective(block, constant, pieces)}
    with arb_precision(_PRECISION):
        last, product = network(block, values["start"], layers)
        proved[_DETERMINANT] = arb_enclosure(product)
        exact = _exact_flow(values, block)
        for i in range(len(last)):
            if exact is not None:
                proved[_end(i)] = arb_enclosure(exact[0][i])
                proved[_error(i)] = arb_enclosure(layers * (exact[0][i] - last[i]))
                proved[_limit(i)] = arb_enclosure(exact[1][i])
            else:
                bound = euler_bound(block, values["horizon"])
                proved[_error(i)] = proved[_limit(i)] = Enclosure(-bound, bound)
    return CertifiedView(_flow_tasks(values, block, [] if exact else last), proved)


def _flow_tasks(values: Mapping[str, Any], block: Block, last: list[flint.arb]) -> tuple[Task, ...]:
    """The flow of (h, T E), E the coefficient of the error, over the time T; none for large blocks.

    last: h_L where the error and its limit are wanted of the certificate, else empty.
    """
    size = len(values["start"])
    if size * len(block.bias) > _LARGEST_FLOW:
        return ()
    quantities = {} if not last else {_limit(i): f"coordinate_{size + i + 1}" for i in range(size)}
    arguments = {
        "field": block.field_and_error(values["horizon"]),
        "x": [*values["start"], *[Fraction(0)] * size],
        "time": values["horizon"],
        "tolerance": 1e-18,
        "budget": _SECONDS,
    }
    label = "the differential equation"
    return (Task(label, "time-map", arguments, quantities, lambda found: _of_end(found, values, last)),)


def _of_end(found: Certificate, values: Mapping[str, Any], last: list[flint.arb]) -> dict[str, Enclosure | Verdict]:
    """h(T) where no closed form gives it, and L (h(T) - h_L)."""
    proved: dict[str, Enclosure | Verdict] = {}
    for i, layer in enumerate(last):
        bounds = found.number(f"coordinate_{i + 1}")
        assert bounds is not None
        with arb_precision(_PRECISION):
            end = flint.arb(bounds.lower).union(flint.arb(bounds.upper))
            proved |= {_end(i): bounds, _error(i): arb_enclosure(values["layers"] * (end - layer))}
    return proved


def _exact_flow(values: Mapping[str, Any], block: Block) -> tuple[list[flint.arb], list[flint.arb]] | None:
    """(h(T), limit of L times the error) by closed forms: affine blocks, and one tanh neuron; None for others."""
    start, horizon = [exact_arb(x) for x in values["start"]], exact_arb(values["horizon"])
    if block.is_affine:
        return _affine_flow(block, start, horizon)
    if block.activation != "tanh" or len(start) != 1 or len(block.bias) != 1:
        return None
    w, v, b = (exact_arb(x) for x in (block.inner[0][0], block.outer[0][0], block.bias[0]))
    middle = w * start[0] + b
    if w == 0 or v == 0 or middle == 0:
        return [start[0] + horizon * v * middle.tanh()], [flint.arb(0)]
    grown = (w * v * horizon).exp() * middle.sinh()
    speed = v * grown.asinh().tanh()
    growth = (speed / (v * middle.tanh())).log()
    return [(grown.asinh() - b) / w], [horizon * speed * growth / 2]


def _affine_flow(block: Block, start: list[flint.arb], horizon: flint.arb) -> tuple[list[flint.arb], list[flint.arb]]:
    """h' = A h + c through exp of [[A, c], [0, 0]] T; the limit is T^2 A exp(A T) f(x) / 2."""
    outer, size = arb_matrix(block.outer), len(start)
    slopes = outer * arb_matrix(block.inner)
    constant = outer * arb_matrix([[entry] for entry in block.bias])
    rows = [[*(horizon * slopes[i, j] for j in range(size)), horizon * constant[i, 0]] for i in range(size)]
    flow = flint.arb_mat([*rows, [flint.arb(0)] * (size + 1)]).exp()
    end = flow * flint.arb_mat([*([x] for x in start), [flint.arb(1)]])
    speed = slopes * flint.arb_mat([[x] for x in start]) + constant
    linear = flint.arb_mat([[flow[i, j] for j in range(size)] for i in range(size)])
    limit = slopes * linear * speed
    return [end[i, 0] for i in range(size)], [horizon * horizon * limit[i, 0] / 2 for i in range(size)]


def euler_bound(block: Block, horizon: Fraction) -> float:
    """T M (exp(K T) - 1) / (2 K), a bound of L |h(T) - h_L| for bounded blocks.

    K >= |V| |W| sup |sigma'| is a Lipschitz constant of f on the whole space, and M = K |V| sqrt(k) bounds |h''| =
    |Df f| since |sigma| <= 1 [E. Hairer, S. Norsett, G. Wanner, Solving Ordinary Differential Equations I, I.7].
    """
    outer = exact_arb(spectral_norm(rational_ball(np.array(block.outer, dtype=object))).upper)
    inner = exact_arb(spectral_norm(rational_ball(np.array(block.inner, dtype=object))).upper)
    steep = outer * inner * (1 if block.activation == "tanh" else flint.arb(1) / 4)
    speed = outer * flint.arb(len(block.bias)).sqrt()
    time = exact_arb(horizon)
    return arb_enclosure(time * speed * ((steep * time).exp() - 1) / 2).upper


def _read_start(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = numbers_of(value, name)
    if len(numbers) > 16 or max(abs(number) for number in numbers) > 1000:
        raise InputError(f"{name} must hold at most 16 numbers of at most 1000 in size, but is {value!r}")
    return numbers


CASE = Case(
    name="resnet",
    title="Residual networks as Euler steps",
    group="B",
    source=_SOURCE,
    summary=(
        "A residual network with layers h + (T/L) f(h) is Euler's method for h' = f(h): its output converges to the "
        "time-T map with order one, and L times the error has a limit, e/2 for h' = h. A layer is invertible on its "
        "image when the block has a Lipschitz constant below one, which is proved on a box from enclosures of the "
        "Jacobian. The block is f(h) = V sigma(W h + b), with matrices of the user or drawn from a seed."
    ),
    parameters=(
        Parameter("inner", "1", "W, k x d", rational_matrix(16)),
        Parameter("outer", "1", "V, d x k", rational_matrix(16)),
        Parameter("bias", "0", "b, one number or one for each row of W", numbers_of),
        Parameter("activation", "identity", "sigma", one_of("identity", "tanh", "sigmoid")),
        Parameter("start", "1", "h_0 = x, d numbers", _read_start),
        Parameter("horizon", "1", "T", bounded_rational(0, 1000, open_below=True)),
        Parameter("layers", 64, "L", whole_number(1, 4096)),
        Parameter("radius", "1", "the box is |h_i - x_i| <= radius", bounded_rational(0, 1000, open_below=True)),
        Parameter("seed", None, "draws W, V and b instead", whole_number(0, 2**31)),
        Parameter("width", 8, "k of a drawn block", whole_number(1, 64)),
    ),
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_limit(0), "1.3591409142295226", "e/2"),
        Known(_ORDER, "1", "Euler's method"),
        Known(_LIPSCHITZ, "0.015625", "1/64"),
        Known(_INJECTIVE, "PROVED", "the Lipschitz constant 1/64 is below one"),
    ),
)

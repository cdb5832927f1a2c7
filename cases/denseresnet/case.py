"""Dense residual networks h_{l+1} = h_l + f(h_l, ..., h_0): linear memory of earlier layers, and how fast it grows."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint
import jax
import jax.numpy as jnp
import numpy as np
import sympy

from cases.common.matrix_parameters import Matrix, rational_matrix, sympy_matrix
from cases.common.numbers_of import numbers_of
from cases.common.parameters import as_float, as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational
from cases.denseresnet.derivation import dense_companion, derive_companion, derive_fibonacci
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.arithmetic.rational import rational_ball
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.integral import arb_enclosure, exact_arb
from certify.linear_algebra import spectral_radius
from certify.verdict import Verdict
from foundation import InputError
from foundation.arb_precision import arb_precision
from numeric import double_precision
from symbolic.largest_root import largest_modulus
from symbolic.prove_sign import number_sign

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (5)"
_GROWTH, _VERDICT = "growth per layer", "stability of the origin"
_LARGEST_VALUE, _EXACT_LAYERS, _PRECISION = 1e250, 200, 1024


def _output(i: int, layer: int) -> str:
    return f"h_{layer}, neuron {i + 1}"


def _given(values: Mapping[str, Any]) -> tuple[list[list[list[Fraction]]], tuple[Fraction, ...]]:
    """(blocks C_0, ..., C_p, x), exact; `InputError` when the sizes do not fit."""
    rows, width = values["coefficients"].rows, len(values["coefficients"])
    if len(rows[0]) % width:
        raise InputError(
            f"coefficients must have {width} rows and a multiple of {width} columns, but have {len(rows[0])} columns"
        )
    start = values["start"] * width if len(values["start"]) == 1 else values["start"]
    if len(start) != width:
        raise InputError(f"the network has {width} neurons a layer, so start must hold 1 or {width} numbers")
    blocks = [[list(row[i : i + width]) for row in rows] for i in range(0, len(rows[0]), width)]
    return blocks, start


def exact_layers(values: Mapping[str, Any]) -> list[tuple[Fraction, ...]]:
    """h_0, ..., h_L by the definition: every layer is computed from all earlier ones, without a companion matrix."""
    blocks, start = _given(values)
    weight, ratio = values["tail_weight"], values["tail_ratio"]
    constant = values["history"] == "constant"
    layers, total = [start], start
    for level in range(values["layers"]):
        new = [entry + weight * part for entry, part in zip(layers[-1], total, strict=True)]
        for i, block in enumerate(blocks):
            past = layers[level - i] if i <= level else start if constant else None
            if past is not None:
                new = [
                    n + sum(c * p for c, p in zip(row, past, strict=True)) for n, row in zip(new, block, strict=True)
                ]
        layers.append(tuple(new))
        total = tuple(ratio * part + entry for part, entry in zip(total, new, strict=True))
    return layers


def _companion(values: Mapping[str, Any]) -> sympy.ImmutableMatrix:
    blocks, _ = _given(values)
    exact = [sympy_matrix(Matrix(tuple(map(tuple, block)))) for block in blocks]
    return dense_companion(exact, as_sympy(values["tail_weight"]), as_sympy(values["tail_ratio"]))


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    companion = _companion(values)
    exact: dict[str, Any] = {}
    if values["layers"] <= _EXACT_LAYERS:
        final = enumerate(exact_layers(values)[-1])
        exact = {_output(i, values["layers"]): as_sympy(entry) for i, entry in final if _is_short(entry)}
    radius = largest_modulus(companion)
    if radius is not None:
        side = number_sign(radius - 1)
        exact[_GROWTH] = radius
        exact[_VERDICT] = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE}.get(side or 0, Verdict.UNDECIDED)
    return SymbolicView((derive_fibonacci(), derive_companion(companion)), exact)


def _is_short(number: Fraction) -> bool:
    """Whether an exact number can be read."""
    return max(abs(number.numerator), number.denominator) < 10**40


def _numeric(values: Mapping[str, Any]) -> NumericView:
    _, start = _given(values)
    matrix = np.array(_companion(values).tolist(), float)
    radius = float(np.abs(np.linalg.eigvals(matrix)).max())
    # a defective eigenvalue of a k x k block is computed only to the k-th root of the unit roundoff
    tolerance = 1e-6 * (1 + radius) if len(matrix) < 3 else 1e-3 * (1 + radius)
    layers = _scan(matrix, _first_state(values, start), values["layers"])[:, : len(start)]
    if not np.abs(layers).max() < _LARGEST_VALUE:
        raise InputError(f"the layers exceed {_LARGEST_VALUE:g}; use fewer layers or smaller coefficients")
    with np.errstate(over="ignore", invalid="ignore"):
        growth = np.linalg.matrix_power(np.abs(matrix), values["layers"]) @ np.abs(_first_state(values, start))
    bound = np.where(np.isnan(growth), np.inf, growth)
    estimates = {_GROWTH: Estimate(radius, tolerance)}
    for i in range(len(start)):
        error = 1e-15 * (2 + values["layers"]) * len(matrix) * float(bound[i]) + 1e-300
        estimates[_output(i, values["layers"])] = Estimate(float(layers[-1, i]), error)
    return NumericView(estimates, (_layers_plot(layers, radius), _spectrum_plot(matrix)))


def _first_state(values: Mapping[str, Any], start: tuple[Fraction, ...]) -> np.ndarray:
    """(h_0, h_{-1}, ..., h_{-p}, S_0): earlier layers are absent, or all equal to the input."""
    blocks, _ = _given(values)
    first = np.array([as_float(entry) for entry in start])
    past = first if values["history"] == "constant" else 0 * first
    parts = [first, *([past] * (len(blocks) - 1)), *([first] if values["tail_weight"] else [])]
    return np.concatenate(parts)


@double_precision
def _scan(matrix: np.ndarray, start: np.ndarray, steps: int) -> np.ndarray:
    """All states (steps + 1, n) of the companion map, by a scan."""

    def step(state: Any, _: Any) -> Any:
        moved = jnp.asarray(matrix) @ state
        return moved, moved

    states = jax.lax.scan(step, jnp.asarray(start), None, length=steps)[1]
    return np.concatenate([start[None], np.asarray(states)])


def _layers_plot(layers: np.ndarray, radius: float) -> Plot:
    sizes = np.abs(layers).max(axis=1)
    seen = sizes > 1e-300
    numbers = np.arange(len(sizes))
    anchor = sizes[seen][-1] / max(radius, 1e-300) ** float(numbers[seen][-1]) if seen.any() and radius > 0 else 0.0
    series = [
        Series("path" if len(sizes) <= 60 else "line", numbers[seen], sizes[seen], "largest |h_l|", emphasis=True)
    ]
    with np.errstate(over="ignore", under="ignore"):
        line = anchor * radius ** numbers.astype(float)
    kept = (line > 1e-300) & np.isfinite(line)
    series.append(Series("dashed", numbers[kept], line[kept], f"growth {radius:.6g} per layer"))
    return Plot(
        "Growth of the layers",
        "layer l",
        "size of the layer",
        tuple(series),
        f"The sizes of the layers, beside the growth by the factor {radius:.6g} per layer."
        if seen.any()
        else "All layers are 0: nothing is drawn.",
        {"log_y": True},
    )


def _spectrum_plot(matrix: np.ndarray) -> Plot:
    roots = np.linalg.eigvals(matrix)
    angle = np.linspace(0, 2 * np.pi, 181)
    reach = 1.15 * max(1.0, float(np.abs(roots).max()))
    return Plot(
        "Spectrum of the companion matrix",
        "real part",
        "imaginary part",
        (
            Series("points", roots.real, roots.imag, "eigenvalues", emphasis=True),
            Series("dashed", np.cos(angle), np.sin(angle), "unit circle"),
        ),
        f"{len(roots)} eigenvalues, the largest of modulus {np.abs(roots).max():.6g}.",
        {"equal": True, "size": (7.2, 4.4), "x_limits": (-reach, 2.2 * reach), "y_limits": (-reach, reach)},
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    entries = [[Fraction(int(e.p), int(e.q)) for e in row] for row in _companion(values).tolist()]
    radius = spectral_radius(rational_ball(np.array(entries, dtype=object)))
    proved: dict[str, Any] = {
        _output(i, values["layers"]): arb_enclosure(entry) for i, entry in enumerate(_last_layer(entries, values))
    }
    verdict = Verdict.STABLE if radius.is_below(1) else Verdict.UNSTABLE if radius.is_above(1) else Verdict.UNDECIDED
    return CertifiedView((_origin_task(values),), proved | {_GROWTH: radius, _VERDICT: verdict})


def _origin_task(values: Mapping[str, Any]) -> Task:
    """The origin as a fixed point of the companion map."""
    companion = _companion(values)
    x = sympy.symbols(f"x1:{companion.rows + 1}", real=True)
    arguments = {
        "field": list(companion * sympy.Matrix(x)),
        "x": np.zeros(companion.rows),
        "kind": "map",
        "variables": list(x),
    }
    return Task("the origin", "equilibrium", arguments, {}, _of_stability)


def _of_stability(certificate: Certificate) -> dict[str, Enclosure | Verdict]:
    return {_VERDICT: certificate.verdict}


def _last_layer(matrix: list[list[Fraction]], values: Mapping[str, Any]) -> list[flint.arb]:
    """h_L by powers of the companion matrix in Arb."""
    blocks, start = _given(values)
    past = start if values["history"] == "constant" else (Fraction(0),) * len(start)
    first = [*start, *(past * (len(blocks) - 1)), *(start if values["tail_weight"] else ())]
    with arb_precision(_PRECISION):
        power = flint.arb_mat([[exact_arb(entry) for entry in row] for row in matrix])
        state = flint.arb_mat([[exact_arb(entry)] for entry in first])
        for _ in range(values["layers"]):
            state = power * state
        return [state[i, 0] for i in range(len(start))]


_READ_MATRIX = rational_matrix(24)


def _read_coefficients(value: Any, name: str) -> Matrix:
    matrix = _READ_MATRIX(value, name)
    if len(matrix) > 4 or max(abs(entry) for row in matrix for entry in row) > 1000:
        raise InputError(f"{name} must have at most 4 rows and entries of at most 1000 in size, but is {value!r}")
    return matrix


def _read_start(value: Any, name: str) -> tuple[Fraction, ...]:
    numbers = numbers_of(value, name)
    if max(abs(number) for number in numbers) > 10**6:
        raise InputError(f"{name} must hold numbers of at most 10^6 in size, but is {value!r}")
    return numbers


CASE = case_of(
    "denseresnet",
    readers={
        "coefficients": _read_coefficients,
        "tail_weight": bounded_rational(-100, 100),
        "tail_ratio": bounded_rational(-2, 2),
        "start": _read_start,
        "history": one_of("absent", "constant"),
        "layers": whole_number(1, 2000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_GROWTH, "1.6180339887498948", "(1 + sqrt 5)/2"),
        Known(_output(0, 40), "165580141", "Fibonacci's number F_41, OEIS A000045"),
        Known(_VERDICT, "UNSTABLE", "the golden ratio is above 1"),
    ),
)

"""Time maps against closed forms and matrix exponentials: containment, width, boxes, honesty, bad input."""

import dataclasses
import math
import subprocess
import sys
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from certify.certificate.file import read_certificate

PRECISION = 200


def arb(value):
    exact = Fraction(value)
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def holds(lower, upper, truth):
    """Whether the Arb ball `truth`, far narrower than the bounds, lies between the floats."""
    with flint.ctx.workprec(PRECISION):
        return bool(flint.arb(float(lower)) <= truth and truth <= flint.arb(float(upper)))


def contains(found, truth, slopes=None):
    point = all(holds(a, b, t) for a, b, t in zip(found.lower, found.upper, truth, strict=True))
    if slopes is None:
        return point
    flat = zip(found.derivative.lower.flat, found.derivative.upper.flat, slopes, strict=True)
    return point and all(holds(a, b, t) for a, b, t in flat)


short = st.floats(0.05, 3.0)


@settings(deadline=None, max_examples=8)
@given(n=st.integers(1, 4), seed=st.integers(0, 10**6), time=short)
def test_linear_fields_are_matrix_exponentials(n, seed, time):
    random = np.random.default_rng(seed)
    matrix, start = random.normal(size=(n, n)), random.normal(size=n)
    found = sp.flow(lambda x: jnp.asarray(matrix) @ x, start, time)
    with flint.ctx.workprec(PRECISION):
        power = (flint.arb_mat(n, n, matrix.ravel().tolist()) * arb(time)).exp()
        truth = power * flint.arb_mat(n, 1, start.tolist())
    assert contains(found, truth.entries(), power.entries())
    scale = 1 + float(np.abs(matrix).sum() * time)
    assert (found.upper - found.lower).max() < 1e-14 * math.exp(scale)


@settings(deadline=None, max_examples=8)
@given(start=st.floats(0.02, 3.0), time=short)
def test_the_logistic_equation(start, time):
    found = sp.flow(lambda x: x * (1 - x), [start], time)
    with flint.ctx.workprec(PRECISION):
        grown, x = arb(time).exp(), arb(start)
        below = 1 + x * (grown - 1)
        assert contains(found, [x * grown / below], [grown / below**2])
    assert found.upper - found.lower < 1e-14


@settings(deadline=None, max_examples=6)
@given(start=st.floats(-1.0, 1.0), time=st.floats(0.05, 0.7))
def test_riccati_up_to_its_pole(start, time):
    """x' = 1 + x^2: x = tan(t + atan x_0)."""
    if time + math.atan(start) > 1.5:
        return
    found = sp.flow(lambda x: 1 + x**2, [start], time)
    with flint.ctx.workprec(PRECISION):
        angle = arb(time) + arb(start).atan()
        slope = (1 + angle.tan() ** 2) / (1 + arb(start) ** 2)
        assert contains(found, [angle.tan()], [slope])


def test_hundred_periods_of_the_harmonic_oscillator_do_not_wrap():
    time = 200 * math.pi
    found = sp.flow(lambda x: jnp.stack([x[1], -x[0]]), [1.0, 0.0], time, tolerance=1e-12)
    with flint.ctx.workprec(PRECISION):
        c, s = arb(time).cos(), arb(time).sin()
        assert contains(found, [c, -s], [c, s, -s, c])
    assert (found.upper - found.lower).max() < 1e-11


def test_a_box_is_turned_without_wrapping():
    """The square turned by 5 periods: radius at most 1.02 times its own, where plain intervals grow by e^(2 pi 5)."""
    box = sp.Ball(np.array([1.0, 0.0]), np.full(2, 0.01))
    found = sp.flow(lambda x: jnp.stack([x[1], -x[0]]), box, 10 * math.pi)
    assert (found.upper - found.lower).max() < 0.0204


def test_kepler_returns_after_its_period():
    """Semi-major axis 1, eccentricity 1/2, from the perihelion: period 2 pi."""
    field = kepler
    found = sp.flow(field, [0.5, 0.0, 0.0, math.sqrt(3.0)], 2 * math.pi)
    assert found.lower[0] <= 0.5 + 1e-14
    assert np.abs(found.lower - [0.5, 0, 0, math.sqrt(3)]).max() < 1e-13
    with flint.ctx.workprec(PRECISION):
        # determinant of a Hamiltonian flow
        middle = flint.arb_mat(found.derivative.mid.tolist())
        assert abs(float(middle.det().mid()) - 1) < 1e-9


def kepler(x):
    cubed = (x[0] ** 2 + x[1] ** 2) ** 1.5
    return jnp.stack([x[2], x[3], -x[0] / cubed, -x[1] / cubed])


FIELDS = {
    "exponential": (lambda x: jnp.exp(-x), lambda x, t: (x.exp() + t).log()),
    "logarithm": (lambda x: x * jnp.log(x), lambda x, t: (x.log() * t.exp()).exp()),
    "sine": (lambda x: jnp.sin(x), lambda x, t: 2 * ((x / 2).tan() * t.exp()).atan()),
    "cosine": (lambda x: jnp.cos(x) ** 2, lambda x, t: (x.tan() + t).atan()),
    "root": (lambda x: jnp.sqrt(x), lambda x, t: (x.sqrt() + t / 2) ** 2),
    "quotient": (lambda x: 1 / x, lambda x, t: (x * x + 2 * t).sqrt()),
    "hyperbolic tangent": (lambda x: jnp.tanh(x), lambda x, t: (x.sinh() * t.exp()).asinh()),
    "tangent": (lambda x: -jnp.tan(x), lambda x, t: (x.sin() * (-t).exp()).asin()),
    "sigmoid": (lambda x: -(1 + jnp.exp(-x)), lambda x, t: ((1 + x.exp()) * (-t).exp() - 1).log()),
    "softplus": (lambda x: 0 * x + jax.nn.softplus(x * 0 + 1.0), lambda x, t: x + t * (1 + flint.arb(1).exp()).log()),
    "power": (lambda x: x**2.5, lambda x, t: (x ** flint.arb(-1.5) - t * 1.5) ** (-1 / flint.arb(1.5))),
    "inverse tangent": (lambda x: 0 * x + jnp.arctan(2 * x / x), lambda x, t: x + t * flint.arb(2).atan()),
    "error function": (lambda x: 1 / jax.scipy.special.erf(x / x), lambda x, t: x + t / flint.arb(1).erf()),
    "cube": (lambda x: -(x**3), lambda x, t: x / (1 + 2 * t * x * x).sqrt()),
}


@pytest.mark.parametrize("name", FIELDS)
def test_elementary_functions_by_closed_forms(name):
    field, solution = FIELDS[name]
    start, time = 0.625, 0.1875
    found = sp.flow(field, [start], time)
    with flint.ctx.workprec(PRECISION):
        assert contains(found, [solution(arb(start), arb(time))])
        step = arb(Fraction(1, 2**60))
        slope = (solution(arb(start) + step, arb(time)) - solution(arb(start) - step, arb(time))) / (2 * step)
        assert abs(float(slope.mid()) - found.derivative.mid[0, 0]) < 1e-14
    assert (found.upper - found.lower)[0] < 1e-14


@pytest.mark.parametrize("name", ["softmax", "logsumexp", "logistic", "logaddexp", "arctan2", "sinh", "erf", "mlp"])
def test_fields_of_networks_agree_with_a_fine_independent_integration(name):
    """A Runge-Kutta solution with relative error 1e-13 must lie within 1e-11 of bounds that are 1e-14 wide."""
    from scipy.integrate import solve_ivp

    w = np.random.default_rng(3).normal(size=(5, 2))
    fields = {
        "softmax": lambda x: jax.nn.softmax(x) - x,
        "logsumexp": lambda x: jax.scipy.special.logsumexp(x) - 2 * x,
        "logistic": lambda x: jax.nn.sigmoid(x[::-1]) - x,
        "logaddexp": lambda x: jnp.logaddexp(x, 2 * x[::-1]) - 2 * x,
        "arctan2": lambda x: jnp.arctan2(x, 3 + x[::-1]),
        "sinh": lambda x: jnp.arcsinh(x[::-1]) - jnp.sinh(x) * jnp.cosh(x) / 4 + jnp.arcsin(x / 9) + jnp.arctanh(x / 9),
        "erf": lambda x: jax.scipy.special.erf(x) - jnp.cbrt(2 + x[::-1]) * jnp.log1p(x**2) + jnp.expm1(-x),
        "mlp": lambda x: jnp.tanh(x @ w.T + 0.1) @ w - x,
    }
    field, start = fields[name], np.array([0.4, -0.3])
    found = sp.flow(field, start, 1.5)
    with jax.enable_x64(True):
        reference = solve_ivp(lambda t, x: np.asarray(field(jnp.asarray(x))), (0, 1.5), start, rtol=1e-13, atol=1e-14)
    assert np.abs(reference.y[:, -1] - (found.lower + found.upper) / 2).max() < 1e-11
    assert (found.upper - found.lower).max() < 1e-14


@settings(deadline=None, max_examples=6)
@given(center=st.tuples(st.floats(-1, 1), st.floats(-1, 1)), radius=st.floats(1e-6, 0.05), seed=st.integers(0, 10**6))
def test_boxes_contain_the_image_of_every_point(center, radius, seed):
    """Bounds over a box hold those of the points in it; so do the derivatives."""

    def field(x):
        return jnp.stack([x[1] - x[0] ** 3 / 3 + x[0], -x[0]])

    box = sp.flow(field, sp.Ball(np.array(center), np.full(2, radius)), 0.75)
    inside = np.array(center) + radius * 0.999 * np.random.default_rng(seed).uniform(-1, 1, 2)
    point = sp.flow(field, inside, 0.75)
    assert (box.lower <= point.lower).all()
    assert (point.upper <= box.upper).all()
    assert (box.derivative.lower <= point.derivative.upper).all()
    assert (point.derivative.lower <= box.derivative.upper).all()
    assert (box.upper - box.lower).max() < 20 * radius


@settings(deadline=None, max_examples=6)
@given(center=st.floats(0.2, 2.0), radius=st.floats(1e-9, 0.1), part=st.floats(-1, 1))
def test_boxes_in_dimension_one_are_sharp(center, radius, part):
    found = sp.flow(lambda x: -(x**3), sp.Ball(np.array([center]), np.array([radius])), 1)
    with flint.ctx.workprec(PRECISION):
        truth = [x / (1 + 2 * x * x).sqrt() for x in [arb(center) - arb(radius), arb(center) + arb(radius)]]
        assert all(holds(found.lower[0], found.upper[0], t) for t in truth)
        exact_width = float((truth[1] - truth[0]).mid())
    assert found.upper[0] - found.lower[0] < exact_width * (1 + 1e-5) + 1e-15
    slope = (1 + 2 * (center + part * radius) ** 2) ** -1.5
    assert found.derivative.lower[0, 0] - 1e-15 <= slope <= found.derivative.upper[0, 0] + 1e-15


@pytest.mark.parametrize("time", [1.0, 2.0])
def test_blow_up_is_undecided(time):
    found = sp.flow(lambda x: x**2, [1.0], time, budget=2.0)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.reached <= 1
    assert found.reason
    assert found.next_step
    for name in ("lower", "upper", "derivative"):
        with pytest.raises(sp.InputError, match="nothing is proved"):
            getattr(found, name)


def test_shortly_before_the_blow_up():
    found = sp.flow(lambda x: x**2, [1.0], Fraction(999, 1000))
    assert holds(found.lower[0], found.upper[0], flint.arb(1000))
    assert found.upper[0] - found.lower[0] < 1e-7


def test_a_domain_that_is_left_is_undecided():
    """x' = -1/x from 1 reaches the singularity at t = 1/2; x' = -sqrt x has no unique solution from 0 on."""
    assert sp.flow(lambda x: -1 / x, [1.0], 0.6, budget=1.0).verdict is sp.Verdict.UNDECIDED
    found = sp.flow(lambda x: -jnp.sqrt(x), [1.0], 2.5, budget=1.0)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.reached <= 2
    assert sp.flow(lambda x: jnp.sqrt(x), [0.0], 1.0, budget=5.0).verdict is sp.Verdict.UNDECIDED
    jump = sp.flow(lambda x: jnp.stack([-jnp.arctan2(x[0], x[1]), 0 * x[1]]), [0.5, -1.0], 1.0, budget=5.0)
    assert jump.verdict is sp.Verdict.UNDECIDED


def test_a_starved_budget_is_undecided():
    found = sp.flow(lambda x: jnp.stack([x[1], -x[0]]), [1.0, 0.0], 10**6, budget=0.05)
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "budget" in found.reason


def test_fields_that_depend_on_time():
    """x' = -t x: x(t) = x_0 exp(-(t^2 - t_0^2)/2); SymPy and JAX."""
    t, x = sympy.symbols("t x")
    for found in (
        sp.flow(lambda t, x: -t * x, [1.5], 2, start_time=Fraction(1, 2)),
        sp.flow([-t * x], [1.5], 2, start_time=0.5, variables=[t, x]),
    ):
        with flint.ctx.workprec(PRECISION):
            factor = (-(arb(Fraction(25, 4)) - arb(Fraction(1, 4))) / 2).exp()
            assert contains(found, [arb(1.5) * factor], [factor])


def test_exact_rationals_of_sympy_fields():
    x = sympy.Symbol("x")
    found = sp.flow([x / 3], [Fraction(1, 3)], Fraction(1, 7))
    with flint.ctx.workprec(PRECISION):
        growth = arb(Fraction(1, 21)).exp()
        assert contains(found, [arb(Fraction(1, 3)) * growth], [growth])


def test_moderately_stiff():
    found = sp.flow(lambda x: jnp.stack([-40 * (x[0] - jnp.cos(x[1])), 1 + 0 * x[1]]), [0.0, 0.0], 2, tolerance=1e-12)
    with flint.ctx.workprec(PRECISION):
        k = flint.arb(40)
        t = flint.arb(2)
        truth = (k * k * t.cos() + k * t.sin() - k * k * (-k * t).exp()) / (k * k + 1)
        assert contains(found, [truth, t])
    assert (found.upper - found.lower).max() < 1e-9


def test_certificates_are_repeated_without_jax(tmp_path):
    path = tmp_path / "flow.json"
    found = sp.flow(lambda x: jnp.stack([x[1], -jnp.sin(x[0])]), [1.0, 0.0], 1)
    found.save(path)
    code = f"import sys; sys.modules['jax'] = None; import stabproof as sp; print(sp.check({str(path)!r}).verdict.name)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "PROVED", done.stderr
    assert found.certificate.number("coordinate_1").lower <= found.lower[0]


def test_forged_certificates_are_refused(tmp_path):
    cert = sp.flow(lambda x: -(x**3), [1.0], 1).certificate
    forged = tuple(
        dataclasses.replace(c, enclosure=sp.Enclosure(0.57, 0.571)) if c.name == "coordinate_1" else c
        for c in cert.claims
    )
    with pytest.raises(sp.CertificateError, match="coordinate_1"):
        sp.check(dataclasses.replace(cert, outcome=dataclasses.replace(cert.outcome, claims=forged)))
    short = {**cert.witness, "steps": cert.witness["steps"][:-1]}
    with pytest.raises(sp.CertificateError, match="UNDECIDED"):
        sp.check(dataclasses.replace(cert, witness=short))
    # in 53 bits and fewer a float of the problem would not be its own ball
    for change in (
        {"order": 0},
        {"order": True},
        {"precision": 10**9},
        {"precision": 53},
        {"steps": [Fraction(-1)]},
        {"steps": 3},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(dataclasses.replace(cert, witness={**cert.witness, **change}))
    cert.save(tmp_path / "c.json")
    stored = read_certificate(tmp_path / "c.json")
    for change in ({"time": Fraction(-1)}, {"box": 3}, {"start_time": Fraction(0)}, {"field": None}):
        with pytest.raises(sp.CertificateError):
            sp.check(dataclasses.replace(stored, problem={**stored.problem, **change}))


@pytest.mark.parametrize(
    ("field", "x", "time", "options", "word"),
    [
        (lambda x: x[:1], [1.0, 2.0], 1, {}, "square"),
        (lambda x: x, [float("nan")], 1, {}, "x"),
        (lambda x: x, [], 1, {}, "x"),
        (lambda x: x, [1.0], 0, {}, "time"),
        (lambda x: x, [1.0], -1.0, {}, "time"),
        (lambda x: x, [1.0], float("inf"), {}, "time"),
        (lambda x: x, [1.0], "soon", {}, "time"),
        (lambda x: x, [1.0], True, {}, "time"),
        (lambda x: jnp.abs(x), [1.0], 1, {}, "analytic"),
        (lambda x: jnp.log(x), [-1.0], 1, {}, "no value"),
        (lambda x: x, [1.0], 1, {"tolerance": 0}, "tolerance"),
        (lambda x: x, [1.0], 1, {"budget": -1}, "budget"),
        (lambda x: x, sp.Ball(np.zeros(1), np.array([np.inf])), 1, {}, "infinite"),
        (lambda x: x, [1.0], 1, {"start_time": float("nan")}, "start_time"),
        ("field", [1.0], 1, {}, "function"),
        ([sympy.Symbol("x")], [1.0], 1, {"start_time": 0}, "variables"),
    ],
)
def test_bad_input(field, x, time, options, word):
    with pytest.raises(sp.InputError, match=word):
        sp.flow(field, x, time, **options)


@pytest.mark.parametrize("kind", ["heat", "chain"])
def test_components_that_stand_still_at_first(kind):
    """Far from the start every component waits for its neighbour: the first step is proved all the same."""
    n, time = 20, 0.5
    matrix = np.eye(n, k=-1) - np.eye(n) if kind == "chain" else np.eye(n, k=1) + np.eye(n, k=-1) - 2 * np.eye(n)
    start = np.eye(n)[0]
    found = sp.flow(lambda x: jnp.asarray(matrix) @ x, start, time)
    with flint.ctx.workprec(PRECISION):
        exact = (flint.arb_mat([[arb(v) for v in row] for row in matrix]) * arb(time)).exp()
        truth = [exact[i, 0] for i in range(n)]
    assert contains(found, truth)
    assert np.max(found.upper - found.lower) < 1e-9


def test_the_derivative_is_left_out_on_request():
    found = sp.flow(lambda x: -x, [1.0], 1, derivative=False)
    with pytest.raises(sp.InputError, match="not asked"):
        _ = found.derivative


def test_dimension_twenty():
    random = np.random.default_rng(0)
    w, v = random.normal(size=(24, 20)) / 5, random.normal(size=(20, 24)) / 5
    found = sp.flow(
        lambda x: jnp.asarray(v) @ jnp.tanh(jnp.asarray(w) @ x), random.normal(size=20), 0.5, tolerance=1e-9
    )
    assert (found.upper - found.lower).max() < 1e-8

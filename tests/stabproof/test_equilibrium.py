"""certify_equilibrium against derivations, exact roots and 40-digit arithmetic."""

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import null_space

import stabproof as sp
from certify.certificate import from_bytes, to_bytes
from stabproof.expressions import program_of

mpmath.mp.dps = 40
STABLE, UNSTABLE, UNDECIDED = sp.Verdict.STABLE, sp.Verdict.UNSTABLE, sp.Verdict.UNDECIDED
SIMPLEX = np.array([[1.0, 0], [0, 1], [-1, -1]])
PAIRS = np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]])
PENNIES = jnp.array([[1.0, -1], [-1, 1]])


def hopfield(x):
    return -x + 2 * jnp.tanh(x[::-1])


def replicator(payoff):
    def field(x):
        fitness = payoff @ x
        return x * (fitness - x @ fitness)

    return field


ROCK_PAPER_SCISSORS = replicator(jnp.array([[0.0, -1, 1], [1, 0, -1], [-1, 1, 0]]))


def matching_pennies(z):
    x, y = z[:2], z[2:]
    u, v = PENNIES @ y, -PENNIES.T @ x
    return jnp.concatenate([x * (u - x @ u), y * (v - y @ v)])


def multiplicative_weights(rate):
    def update(z):
        x, y = z[:2], z[2:]
        p, q = x * jnp.exp(rate * (PENNIES @ y)), y * jnp.exp(-rate * (PENNIES.T @ x))
        return jnp.concatenate([p / p.sum(), q / q.sum()])

    return update


def assert_near(certificate, exact):
    """The exact point (40 digits) lies within the proved radius of the certificate's point."""
    gap = [mpmath.mpf(float(p)) - e for p, e in zip(certificate.point, exact, strict=True)]
    assert mpmath.norm(gap) <= certificate.radius
    assert certificate.radius <= 1e-14


def assert_spectrum(certificate, exact):
    """Each exact eigenvalue lies in a disc, and each disc holds as many as it says."""
    discs = certificate.eigenvalues
    held = np.zeros(len(discs), int)
    for value in exact:
        inside = [abs(mpmath.mpc(complex(c)) - value) <= r for c, r in zip(discs.centers, discs.radii, strict=True)]
        assert sum(inside) == 1
        held[inside.index(True)] += 1
    np.testing.assert_array_equal(held, discs.counts)
    assert discs.radii.max() < 1e-11


@pytest.fixture(scope="module")
def certificate():
    return sp.certify_equilibrium(hopfield, [1.9, 1.9])


def test_two_hopfield_neurons(certificate):
    root = mpmath.findroot(lambda s: s - 2 * mpmath.tanh(s), 1.9)
    assert_near(certificate, [root, root])
    slope = 2 * (1 - mpmath.tanh(root) ** 2)
    assert_spectrum(certificate, [-1 + slope, -1 - slope])
    assert mpmath.nstr(root, 16) == "1.915008048154537"
    assert certificate.verdict is STABLE
    assert certificate.directions == (2, 0, 0)
    assert "Lyapunov" in certificate.theorem
    assert certificate.number("spectral_abscissa").contains(Fraction(str(mpmath.nstr(-1 + slope, 30))))


def test_the_saddle_between():
    saddle = sp.certify_equilibrium(hopfield, [0.01, -0.02])
    assert saddle.verdict is UNSTABLE
    assert saddle.directions == (1, 1, 0)
    assert_near(saddle, [0, 0])
    assert_spectrum(saddle, [1, -3])
    assert "Hartman-Grobman" in saddle.theorem


def test_the_cube_of_uniqueness_holds_no_other_root(certificate):
    """The other roots, 0 and the mirrored one, are farther away than the cube reaches."""
    radius = certificate.number("uniqueness_radius").upper
    assert 0.1 < radius < certificate.point.max()


def test_rock_paper_scissors_is_neutral():
    exact = sp.certify_equilibrium(ROCK_PAPER_SCISSORS, [sympy.Rational(1, 3)] * 3, subspace=SIMPLEX)
    assert exact.verdict is UNDECIDED
    assert exact.directions == (0, 0, 2)
    assert_spectrum(exact, [mpmath.mpc(0, s / mpmath.sqrt(3)) for s in (1, -1)])
    assert "imaginary" in exact.reason
    assert "0.57735" in exact.reason
    assert "conserved" in exact.next_step


def test_the_simplex_is_proved_invariant_from_floats():
    """Rounded coordinates and an orthonormal basis stand for the simplex itself; the ambient eigenvalue is absent."""
    field = replicator(jnp.array([[-1.0, 0.5, 0], [0, -1, 0.5], [0.5, 0, -1]]))
    for basis in (SIMPLEX, null_space(np.ones((1, 3)))):
        certificate = sp.certify_equilibrium(field, [0.333, 0.333, 0.334], subspace=basis)
        status = {h.name: h.status for h in certificate.hypotheses}
        assert status["invariant"] is sp.Status.PROVED
        assert certificate.verdict is STABLE
        assert_near(certificate, [mpmath.mpf(1) / 3] * 3)
        # on the tangent space the derivative is A / 3 restricted to sum zero: circulant with symbol (-1 + w / 2) / 3
        omega = mpmath.expjpi(mpmath.mpf(2) / 3)
        assert_spectrum(certificate, [(-1 + w / 2) / 3 for w in (omega, omega**2)])


def test_exact_points_are_taken_as_they_are():
    """Every plane sum = s is invariant for a skew payoff: rationals mean their own, floats a simple one."""
    shift = sympy.Rational(1, 10**12)
    exact = sp.certify_equilibrium(ROCK_PAPER_SCISSORS, [sympy.Rational(1, 3) + shift] * 3, subspace=SIMPLEX)
    assert_near(exact, [mpmath.mpf(1) / 3 + mpmath.mpf(10) ** -12] * 3)
    near = sp.certify_equilibrium(ROCK_PAPER_SCISSORS, [1 / 3 + 1e-12] * 3, subspace=SIMPLEX)
    assert_near(near, [mpmath.mpf(1) / 3] * 3)


def test_matching_pennies():
    certificate = sp.certify_equilibrium(matching_pennies, [0.5] * 4, subspace=PAIRS)
    assert certificate.verdict is UNDECIDED
    assert_spectrum(certificate, [1j, -1j])
    assert_near(certificate, [mpmath.mpf(1) / 2] * 4)


@pytest.mark.parametrize("rate", [0.125, 1e-3])
def test_multiplicative_weights_are_unstable(rate):
    certificate = sp.certify_equilibrium(multiplicative_weights(rate), [0.5] * 4, kind="map", subspace=PAIRS)
    assert certificate.verdict is UNSTABLE
    assert_spectrum(certificate, [1 + 1j * mpmath.mpf(rate), 1 - 1j * mpmath.mpf(rate)])
    assert {h.name: h.status for h in certificate.hypotheses}["invariant"] is sp.Status.PROVED


def kuramoto(x):
    return jnp.array([-1.0, 0, 1]) + 4 / 3 * jnp.sin(x[None, :] - x[:, None]).sum(1)


@pytest.mark.parametrize("drift", [0.0, 0.375])
def test_a_locked_state_modulo_rotation(drift):
    """theta = (-a, 0, a) with 1 = c (sin a + sin 2a); the Laplacian of a triangle with weights w, w, v."""
    c = mpmath.mpf(4 / 3)  # the float, exactly
    a = mpmath.findroot(lambda s: c * (mpmath.sin(s) + mpmath.sin(2 * s)) - 1, 0.25)
    w, v = c * mpmath.cos(a), c * mpmath.cos(2 * a)
    certificate = sp.certify_equilibrium(lambda x: kuramoto(x) + drift, [-0.25, 0, 0.26], symmetry="rotation")
    assert certificate.verdict is STABLE
    assert_spectrum(certificate, [-3 * w, -w - 2 * v])
    phases = [mpmath.mpf(float(p)) for p in certificate.point]
    assert abs(phases[2] - phases[1] - a) <= 2 * certificate.radius
    assert certificate.number("velocity_1").contains(Fraction(drift))
    assert certificate.number("velocity_1").width < 1e-13
    assert {h.name: h.status for h in certificate.hypotheses}["symmetry"] is sp.Status.PROVED
    assert "translates" in certificate.theorem


def test_a_map_that_turns():
    """One Euler step of the oscillators, h = 1/8: multipliers 1 + h lambda, and h times the drift per step."""
    c = mpmath.mpf(4 / 3)
    a = mpmath.findroot(lambda s: c * (mpmath.sin(s) + mpmath.sin(2 * s)) - 1, 0.25)
    w, v = c * mpmath.cos(a), c * mpmath.cos(2 * a)

    def step(x):
        return x + (kuramoto(x) + 0.5) / 8

    certificate = sp.certify_equilibrium(step, [-0.25, 0, 0.26], kind="map", symmetry=np.ones(3))
    assert certificate.verdict is STABLE
    assert_spectrum(certificate, [1 - 3 * w / 8, 1 - (w + 2 * v) / 8])
    assert certificate.number("velocity_1").contains(Fraction(1, 16))
    assert certificate.number("velocity_1").width < 1e-13


def test_large_fields_are_evaluated_in_floats():
    """A field too large for 160 bits: uncoupled logistic maps, fixed points 1 - 1/r, multipliers 2 - r."""
    rates = np.linspace(1.5, 2.75, 8)
    many = jnp.ones((8, 150_000)) / 4

    def step(x):
        padding = (many * x[:, None]).sum(axis=1) * 0.0
        return rates * x * (1 - x) + padding - padding

    large = sp.certify_equilibrium(step, 1 - 1 / rates, kind="map")
    assert large.verdict is STABLE
    gaps = [mpmath.mpf(float(p)) - (1 - 1 / mpmath.mpf(float(r))) for p, r in zip(large.point, rates, strict=True)]
    assert mpmath.norm(gaps) <= large.radius
    assert large.radius < 1e-12


def test_without_the_symmetry_the_locked_state_is_not_isolated():
    certificate = sp.certify_equilibrium(kuramoto, [-0.2555, 0, 0.2555])
    assert certificate.verdict is UNDECIDED
    assert certificate.radius is None
    assert "continuum" in certificate.reason
    assert "symmetry=" in certificate.next_step


def test_the_cycle_of_the_logistic_map():
    """Period-2 points ((1 + r) +- sqrt((r - 3)(r + 1))) / (2 r) with multiplier 4 + 2 r - r^2, for the float r."""
    rate = 3.2
    r = mpmath.mpf(rate)

    def step(x):
        return rate * x * (1 - x)

    for sign in (1, -1):
        exact = ((1 + r) + sign * mpmath.sqrt((r - 3) * (r + 1))) / (2 * r)
        certificate = sp.certify_equilibrium(lambda x: step(step(x)), [float(exact) + 1e-4], kind="map")
        assert certificate.verdict is STABLE
        assert_near(certificate, [exact])
        assert_spectrum(certificate, [4 + 2 * r - r**2])
    fixed = sp.certify_equilibrium(step, [0.6875], kind="map")
    assert fixed.verdict is UNSTABLE
    assert_spectrum(fixed, [2 - r])


@settings(deadline=None, max_examples=8)
@given(st.integers(2, 5), st.integers(0, 10**6))
def test_random_equilibria(n, seed):
    """A planted zero of a quadratic field; its spectrum in 40 digits."""
    rng = np.random.default_rng(seed)
    matrix = np.round(rng.normal(size=(n, n)) * 8) / 8
    zero = np.round(rng.normal(size=n) * 8) / 8
    values = mpmath.eig(mpmath.matrix(matrix.tolist()), left=False, right=False)
    if min(abs(mpmath.re(v)) for v in values) < 0.02 or abs(mpmath.det(mpmath.matrix(matrix.tolist()))) < 1e-3:
        return
    certificate = sp.certify_equilibrium(lambda x: jnp.array(matrix) @ (x - zero) + (x - zero) ** 2, zero + 1e-6)
    assert_near(certificate, [mpmath.mpf(float(z)) for z in zero])
    stable = sum(bool(mpmath.re(v) < 0) for v in values)
    assert certificate.directions == (stable, n - stable, 0)
    assert certificate.verdict is (STABLE if stable == n else UNSTABLE)
    for value in values:
        gaps = [abs(mpmath.mpc(complex(c)) - value) - r for c, r in zip(certificate.eigenvalues.centers,
                certificate.eigenvalues.radii, strict=True)]  # fmt: skip
        assert min(gaps) <= 1e-30


x, y = sympy.symbols("x y")


def test_sympy_and_jax_agree(certificate):
    symbolic = sp.certify_equilibrium([-x + 2 * sympy.tanh(y), -y + 2 * sympy.tanh(x)], [1.9, 1.9])
    assert symbolic.verdict is certificate.verdict
    np.testing.assert_array_equal(symbolic.point, certificate.point)
    np.testing.assert_allclose(symbolic.eigenvalues.centers, certificate.eigenvalues.centers, rtol=1e-14)


def test_sympy_numbers_are_not_rounded():
    """x = 1/3 and y = 1/10^30: floats miss both, the proved radius does not."""
    certificate = sp.certify_equilibrium([sympy.Rational(1, 3) - x, x / 10**30 - 3 * y / 10**30 * x - y], [0.3, 0.0])
    third, tiny = Fraction(1, 3), Fraction(1, 3) / (10**30 + 1)
    gaps = [Fraction(float(p)) - e for p, e in zip(certificate.point, (third, tiny), strict=True)]
    assert 0 < sum(g * g for g in gaps) <= Fraction(certificate.radius) ** 2
    assert certificate.radius < 1e-16


@pytest.mark.parametrize(
    "expression",
    [
        x / 7 + sympy.pi * sympy.exp(-y) - sympy.sqrt(x) / (1 + y**2),
        sympy.log(x) * sympy.cos(y) + sympy.Max(x, y) ** 3 - sympy.Abs(y - 5) + sympy.sech(x),
        x**y + y ** sympy.Rational(3, 2) - sympy.E + 2**70 - sympy.Float("0.1"),
        sympy.erf(x) * sympy.atan2(x, y) + sympy.coth(y) - sympy.GoldenRatio / x**3,
        sympy.Min(x, 1, y) * sympy.cot(x) + sympy.asinh(y) * sympy.tan(x / 3),
    ],
)
def test_expressions_are_written_faithfully(expression):
    from certify.program import evaluate

    point = {x: sympy.Rational(5, 8), y: sympy.Rational(7, 4)}
    (value,) = evaluate(program_of([expression], [x, y]), [np.array([0.625, 1.75])], precision=120)
    assert (
        abs(mpmath.mpf(value[0].mid().str(35, radius=False)) - mpmath.mpf(str(expression.subs(point).evalf(38))))
        < 1e-12
    )
    assert float(value[0].rad()) < 1e-12


def test_order_of_variables():
    a, b = sympy.symbols("x2 x10")
    certificate = sp.certify_equilibrium([a - 1, b - 2], [1.1, 1.9])
    np.testing.assert_array_equal(certificate.point, [1, 2])
    swapped = sp.certify_equilibrium([a - 1, b - 2], [1.9, 1.1], variables=[b, a])
    np.testing.assert_array_equal(swapped.point, [2, 1])


BAD = {
    "not square": ({"field": lambda v: v[:1], "x": [0.0, 0]}, "square"),
    "kind": ({"field": hopfield, "x": [0.0, 0], "kind": "orbit"}, "flow"),
    "nan": ({"field": hopfield, "x": [0.0, np.nan]}, "nan"),
    "shape": ({"field": hopfield, "x": [[0.0, 0]]}, "vector"),
    "far": ({"field": lambda v: v**2 + 1, "x": [0.5]}, r"\|f\(x\)\| is 1.25"),
    "kink": ({"field": lambda v: jnp.abs(v) - v / 2, "x": [0.0]}, "kink"),
    "jump": ({"field": lambda v: jnp.where(v > 0, v, v * 3), "x": [0.0]}, "differentiable"),
    "domain": ({"field": jnp.log, "x": [-1.0]}, "no value"),
    "dependent": ({"field": hopfield, "x": [0.0, 0], "subspace": [[1, 2], [1, 2]]}, "dependent"),
    "columns": ({"field": hopfield, "x": [0.0, 0], "subspace": [[1, 2]]}, r"\(2, k\)"),
    "not invariant": ({"field": ROCK_PAPER_SCISSORS, "x": [1 / 3] * 3, "subspace": np.eye(3)[:, :2]}, "not invariant"),
    "no symmetry": ({"field": hopfield, "x": [1.9, 1.9], "symmetry": "rotation"}, "symmetry directions"),
    "symmetry name": ({"field": hopfield, "x": [1.9, 1.9], "symmetry": "mirror"}, "rotation"),
    "both": ({"field": hopfield, "x": [1.9, 1.9], "symmetry": "rotation", "subspace": [[1], [1]]}, "one of them"),
    "parameters": ({"field": [x * y - 1], "x": [1.0]}, "free symbols"),
    "unknown symbol": ({"field": [x * y - 1], "x": [1.0], "variables": [x]}, "symbols y"),
    "function": ({"field": [sympy.LambertW(x) - 1], "x": [2.0]}, "LambertW"),
    "piecewise": ({"field": [sympy.Piecewise((x, x > 1), (2 * x, True))], "x": [2.0]}, "Piecewise"),
    "unknown function": ({"field": [sympy.Function("g")(x) + x], "x": [2.0]}, "g"),
    "integral": ({"field": [sympy.Integral(x**x, (x, 0, x))], "x": [2.0]}, "Integral"),
    "complex": ({"field": [sympy.I * x], "x": [2.0]}, "real"),
    "components": ({"field": [x, y], "x": [2.0]}, "2 components"),
    "no field": ({"field": 3, "x": [2.0]}, "JAX function"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name):
    arguments, message = BAD[name]
    with pytest.raises(sp.InputError, match=message):
        sp.certify_equilibrium(**arguments)


def test_a_kink_elsewhere_does_no_harm():
    certificate = sp.certify_equilibrium(lambda v: jnp.abs(v) - v / 2 - 0.5, [0.9])
    assert certificate.verdict is UNSTABLE
    np.testing.assert_array_equal(certificate.point, [1.0])


def test_a_degenerate_equilibrium_is_undecided():
    certificate = sp.certify_equilibrium(lambda v: -(v**3), [0.0])
    assert certificate.verdict is UNDECIDED
    assert "singular" in certificate.reason


def test_checking_needs_no_jax(tmp_path):
    path = tmp_path / "e.json"
    sp.certify_equilibrium(matching_pennies, [0.5] * 4, subspace=PAIRS).save(path)
    program = (
        "import sys\n"
        "for name in ('jax', 'jaxlib', 'sympy', 'networkx'): sys.modules[name] = None\n"
        "import stabproof\n"
        f"c = stabproof.check({str(path)!r})\n"
        "print(c.verdict.name, c.eigenvalues.dimension, len(c.point))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["UNDECIDED", "2", "4"]


def forged(certificate, **changes):
    return from_bytes(to_bytes(replace(certificate, **changes)))


def test_forgeries_are_caught(certificate):
    outcome, witness = certificate.outcome, certificate.witness
    discs = {**witness["discs"], "radii": witness["discs"]["radii"] / 1e6}
    claims = tuple(replace(c, enclosure=sp.Enclosure(0.0, c.enclosure.upper / 1e3)) if c.name == "radius" else c
                   for c in certificate.claims)  # fmt: skip
    alone = certificate.number("uniqueness_radius")
    wider = tuple(replace(c, enclosure=sp.Enclosure(alone.lower, 100.0)) if c.name == "uniqueness_radius" else c
                  for c in certificate.claims)  # fmt: skip
    for changes in (
        {"outcome": replace(outcome, verdict=UNSTABLE)},
        {"outcome": replace(outcome, claims=claims)},
        {"outcome": replace(outcome, claims=wider)},
        {"witness": {**witness, "discs": discs}},
        {"witness": {**witness, "coordinates": witness["coordinates"] + 1e-3}},
        {"witness": {**witness, "point": witness["point"] + 1e-3}},
        {"witness": {**witness, "uniqueness_radius": 2.5}},
        {"witness": {**witness, "inverse": -witness["inverse"]}},
        {"problem": {**certificate.problem, "kind": "map"}},
        {"problem": {**certificate.problem, "restriction": "subspace"}},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(forged(certificate, **changes))
    assert sp.check(forged(certificate)).verdict is STABLE

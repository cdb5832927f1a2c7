"""The class of functions whose critical points are known, random networks, boundaries, budgets and bad input."""

import itertools
import json
import subprocess
import sys
from fractions import Fraction

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.morse import MorseProblem
from certify.verdict import Verdict
from search.morse.rationals import simplest_between

X, Y = sympy.symbols("x y", real=True)


def family(w):
    """tanh 2x - w tanh x with the derivative 2 / cosh^2 2x - w / cosh^2 x."""
    return lambda x: (jnp.tanh(2 * x) - w * jnp.tanh(x))[0]


def positive_critical_point(w):
    """cosh x / cosh 2x = sqrt(w/2) for 0 < w < 2, solved with c = cosh x: 2 c^2 - sqrt(2/w) c - 1 = 0 (50 digits)."""
    with mpmath.workdps(50):
        root = mpmath.sqrt(2 / mpmath.mpf(w))
        return mpmath.acosh((root + mpmath.sqrt(root**2 + 8)) / 4)


# On [-5, 5] the critical points are inside iff w exceeds 2 cosh(5)^2 / cosh(10)^2 = 9.0803e-05.
@pytest.mark.parametrize("w", [-1.0, -1e-9, 0.0, 1e-6, 9.07e-5, 2 + 1e-9, 2 + 1e-6, 2.5, 1e3])
def test_family_without_critical_points(w):
    found = sp.morse_class(family(w), [(-5, 5)])
    assert found == "C1"
    assert found.critical_points == ()
    assert found.certificate.number("critical_points").upper == 0


@pytest.mark.parametrize("w", [9.1e-5, 1e-3, 0.5, 1.0, 1.9, 2 - 1e-6, 2 - 1e-9])
def test_family_with_two_critical_points(w):
    found = sp.morse_class(family(w), [(-5, 5)])
    assert found == "C2"
    assert str(found) == "C2"
    exact = positive_critical_point(w)
    for point, sign, index in zip(found.critical_points, (-1, 1), (0, 1), strict=True):
        assert abs(mpmath.mpf(float(point.point[0])) - sign * exact) <= point.radius
        assert point.radius <= 1e-12 * max(1.0, float(exact))
        assert point.index == index
        # f'' = -8 t2 s2 + 2 w t s at the point
        with mpmath.workdps(50):
            t, t2 = mpmath.tanh(sign * exact), mpmath.tanh(2 * sign * exact)
            curvature = -8 * t2 * (1 - t2**2) + 2 * w * t * (1 - t**2)
        assert point.eigenvalues[0].lower <= curvature <= point.eigenvalues[0].upper


def test_family_at_two_is_degenerate():
    found = sp.morse_class(family(2.0), [(-5, 5)])
    assert found == "C3"
    (point,) = found.critical_points
    assert point.degenerate
    assert point.exact == (Fraction(0),)
    assert point.index is None
    assert sp.check(found.certificate).verdict is Verdict.PROVED


def test_saturated_tails():
    """w = 1: the critical points stay the only ones on a box where both slopes are below the smallest normal."""
    found = sp.morse_class(family(1.0), [(-300, 300)])
    assert found == "C2"
    assert len(found.critical_points) == 2


@pytest.mark.parametrize(
    ("expression", "box", "expected", "indices"),
    [
        (X**2 + Y**2 - 1, [(-2, 2)] * 2, "C2", [0]),
        (Y**2 - X**2, [(-2, 2)] * 2, "C2", [1]),
        (X**3 - 3 * X, [(-2, 2)], "C2", [1, 0]),
        (X**3 + X, [(-2, 2)], "C1", []),
        (X**3, [(-1, 2)], "C3", [None]),
        ((X - sympy.Rational(1, 3)) ** 3 + Y**2, [(-1, 2)] * 2, "C3", [None]),
        (X**2 * Y**2, [(-1, 1)] * 2, "C3", [None]),
        (sympy.sin(X) * sympy.sin(Y), [(-1, 4)] * 2, "C2", None),
    ],
)
def test_textbook_functions(expression, box, expected, indices):
    found = sp.morse_class(expression, box)
    assert found == expected
    if indices is not None:
        assert [p.index for p in found.critical_points] == indices
    else:  # saddles at multiples of pi, extrema at odd multiples of pi/2
        assert sorted(p.index for p in found.critical_points) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("expression", "box", "expected"),
    [
        (X**2, (0, 1), "C2"),  # the critical point is a corner, exactly
        (X**2, (1e-300, 1), "C1"),
        ((X - 1) ** 2, (0, 1), "C2"),
        (X**2 - 2 * sympy.Rational(1, 3) * X, (0, float(Fraction(1, 3))), "UNDECIDED"),  # 1/3 is next to the float
        ((X**2 - 2) ** 2, (0.5, float(np.sqrt(2.0))), "UNDECIDED"),
    ],
)
def test_critical_points_on_the_boundary(expression, box, expected):
    found = sp.morse_class(expression, box)
    assert found == expected
    if expected == "UNDECIDED":
        assert found == Verdict.UNDECIDED
        assert "boundary" in found.reason
        assert [p.position for p in found.critical_points] == ["boundary"]


def random_network(sizes, seed):
    rng = np.random.default_rng(seed)
    layers = [(rng.standard_normal((b, a)) / np.sqrt(a), rng.standard_normal(b)) for a, b in itertools.pairwise(sizes)]

    def value(x):
        for weight, bias in layers[:-1]:
            x = jnp.tanh(jnp.asarray(weight) @ x + bias)
        weight, bias = layers[-1]
        return (jnp.asarray(weight) @ x + bias)[0]

    return value


def newton_from_everywhere(function, d, count=300):
    """Critical points in [-3, 3]^d that Newton's method finds from random starts: an independent lower bound."""
    with jax.enable_x64(True):
        gradient, hessian = jax.jit(jax.vmap(jax.grad(function))), jax.jit(jax.vmap(jax.hessian(function)))
        x = np.random.default_rng(0).uniform(-3, 3, (count, d))
        for _ in range(30):
            h, g = np.asarray(hessian(x)), np.asarray(gradient(x))
            step = np.linalg.solve(h + 1e-14 * np.eye(d), g[..., None])[..., 0]
            x = x - step / np.maximum(1.0, np.abs(step).max(axis=1, keepdims=True) / 0.5)
        good = (np.abs(np.asarray(gradient(x))).max(axis=1) < 1e-13) & (np.abs(x) <= 3).all(axis=1)
        good &= np.abs(np.linalg.det(np.asarray(hessian(x)))) > 1e-9
    return np.unique(np.round(x[good], 8), axis=0)


@pytest.mark.parametrize(("sizes", "seed"), [((2, 16, 1), s) for s in (0, 1, 3)] + [((3, 8, 1), 0), ((2, 8, 8, 1), 1)])
def test_random_networks_against_newton(sizes, seed):
    function = random_network(sizes, seed)
    found = sp.morse_class(function, [(-3, 3)] * sizes[0], budget=60)
    assert found in ("C1", "C2")
    listed = np.array([p.point for p in found.critical_points]).reshape(-1, sizes[0])
    for point in newton_from_everywhere(function, sizes[0]):
        assert np.abs(listed - point).max(axis=1).min() < 1e-7
    with jax.enable_x64(True):
        gradient, hessian = jax.jit(jax.grad(function)), jax.jit(jax.hessian(function))
        for p in found.critical_points:
            assert np.abs(gradient(p.point)).max() < 1e-12
            eigenvalues = np.linalg.eigvalsh(hessian(p.point))
            assert p.index == (eigenvalues < 0).sum()
            assert all(e.lower - 1e-9 <= v <= e.upper + 1e-9 for e, v in zip(p.eigenvalues, eigenvalues, strict=True))
            assert p.radius < 1e-12


def test_starved_budgets_leave_the_class_undecided():
    for limits in ({"most_boxes": 5}, {"budget": 1e-9}):
        found = sp.morse_class(random_network((2, 16, 1), 0), [(-3, 3)] * 2, **limits)
        assert found == "UNDECIDED"
        assert found.verdict is Verdict.UNDECIDED
        assert len(found.undecided_boxes)
        assert "undecided" in found.reason
        assert "budget" in found.next_step
        assert found.certificate.number("critical_points").upper == np.inf
        assert sp.check(found.certificate).verdict is Verdict.UNDECIDED


def test_undecided_boxes_hold_what_is_missing():
    function = random_network((2, 16, 1), 0)
    whole = sp.morse_class(function, [(-3, 3)] * 2)
    part = sp.morse_class(function, [(-3, 3)] * 2, most_boxes=120)
    assert part == "UNDECIDED"
    for p in whole.critical_points:
        inside = ((part.undecided_boxes[:, :, 0] <= p.point) & (p.point <= part.undecided_boxes[:, :, 1])).all(axis=1)
        assert inside.any() or any(np.array_equal(p.point, q.point) for q in part.critical_points)


def test_progress_is_reported():
    seen = []
    sp.morse_class(random_network((2, 16, 1), 0), [(-3, 3)] * 2, progress=lambda text, part: seen.append((text, part)))
    assert seen
    assert all(0 <= part <= 1 for _, part in seen)
    assert "critical points" in seen[-1][0]


@pytest.mark.parametrize(
    ("network", "box", "message"),
    [
        (lambda x: x[0], [(1, 0)], "lower < upper"),
        (lambda x: x[0], [(0, np.nan)], "finite"),
        (lambda x: x[0], [(0, 1, 2)], "pairs"),
        (lambda x: x[0], np.zeros((9, 2)), "shape"),
        (lambda x: jnp.tanh(x), [(0, 1)] * 2, "one real number"),
        (lambda x: (x[0], x[1]), [(0, 1)] * 2, "one real number"),
        (lambda x: jax.nn.relu(x[0]) + x[0], [(-1, 1)], "twice continuously differentiable"),
        (lambda x: jnp.abs(x[0]), [(-1, 1)], "kink"),
        (lambda x: jnp.log(x[0]), [(-1, 1)], "twice continuously differentiable"),
        (X + Y, [(0, 1)], "variables"),
        ([X, Y], [(0, 1)] * 2, "one SymPy expression"),
        ("x**2", [(0, 1)], "JAX function or a SymPy expression"),
    ],
)
def test_bad_input(network, box, message):
    with pytest.raises(sp.InputError, match=message):
        sp.morse_class(network, box)


def test_bad_budget():
    with pytest.raises(sp.InputError, match="budget"):
        sp.morse_class(X**2, [(-1, 1)], budget=-1)


def test_a_kink_outside_of_the_box_does_not_matter():
    assert sp.morse_class(lambda x: jax.nn.relu(x[0] + 3) ** 2 + x[1] ** 2, [(-1, 1)] * 2) == "C1"
    # the kink runs beside the box; the parts of the box decide it
    assert sp.morse_class(lambda x: jnp.abs(x[0] + x[1] ** 2 - 5) + x[1] ** 2, [(-1, 1)] * 2) == "C1"


@pytest.fixture(scope="module")
def certificate():
    return sp.morse_class(random_network((2, 6, 1), 3), [(-3, 3)] * 2).certificate


def test_check_repeats_the_proof_without_jax(certificate, tmp_path):
    certificate.save(tmp_path / "m.json")
    code = f"import stabproof, sys; stabproof.check({str(tmp_path / 'm.json')!r}); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _forged(certificate, **witness):
    from dataclasses import replace

    return replace(certificate, witness={**certificate.witness, **witness})


def test_forged_witnesses_are_refused(certificate):
    from certify.morse.partition import OPEN, pack, unpack

    codes, witness = unpack(certificate.witness["parts"]), certificate.witness
    assert np.array_equal(unpack(pack(codes)), codes)
    excluded, covered, split = (np.flatnonzero(codes == k) for k in (8, 9, 0))
    forgeries = [{"parts": pack(codes[:-1])}, {"parts": pack(codes[:0])}, {"parts": pack(np.append(codes, 8))}]
    for place, value in ((0, 8), (0, 9), (0, 2), (excluded[0], 9), (covered[0], 8), (excluded[0], OPEN), (split[0], 8)):
        changed = codes.copy()
        changed[place] = value
        forgeries.append({"parts": pack(changed)})
    forgeries += [
        {"points": witness["points"] + 1e-3},
        {"radii": witness["radii"] * 50},
        {"points": witness["points"][:0], "inverses": witness["inverses"][:0], "radii": witness["radii"][:0],
         "exact": witness["exact"][:0]},
        {"exact": ~witness["exact"]},
        {"degenerate": [Fraction(0), Fraction(0)]},
        {"degenerate": [Fraction(9), Fraction(0)]},
        {"radii": None},
        {"parts": None},
    ]  # fmt: skip
    assert len(covered)
    assert len(witness["points"])
    for forged in forgeries:
        with pytest.raises(sp.CertificateError):
            sp.check(_forged(certificate, **forged))


def test_a_defective_problem_is_refused(certificate):
    from dataclasses import replace

    problem = certificate.problem
    for changed in (
        {"lower": problem["upper"]},
        {"lower": np.zeros(3)},
        {"function": 3},
        {"upper": np.full(2, np.nan)},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(replace(certificate, problem={**problem, **changed}))
    with pytest.raises(sp.CertificateError):
        MorseProblem.from_tree({})


def test_a_wider_box_needs_its_own_proof(certificate):
    from dataclasses import replace

    wide = replace(certificate, problem={**certificate.problem, "upper": np.array([30.0, 30.0])})
    with pytest.raises(sp.CertificateError):
        sp.check(wide)


def test_the_file_is_plain_json(certificate, tmp_path):
    certificate.save(tmp_path / "m.json")
    assert json.loads((tmp_path / "m.json").read_text())["kind"] == "morse-class"


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [(-1.0, 2.0, Fraction(0)), (0.3, 0.4, Fraction(1, 3)), (-0.4, -0.3, Fraction(-1, 3)), (2.0, 2.0, Fraction(2)),
     (3.1, 3.15, Fraction(22, 7)), (0.5, 0.75, Fraction(1, 2))],
)  # fmt: skip
def test_simplest_fraction(lower, upper, expected):
    assert simplest_between(lower, upper) == expected


def test_a_regular_point_is_not_degenerate():
    found = sp.morse_class(X**2 + Y**2 * X + Y**2, [(-0.5, 0.5)] * 2)
    assert found == "C2"
    with pytest.raises(sp.CertificateError, match="degenerate"):
        sp.check(_forged(found.certificate, degenerate=[Fraction(0), Fraction(0)]))


@pytest.mark.parametrize(
    ("network", "box", "place"),
    [
        ((X**2 - 2) ** 3, [(1, 2)], [mpmath.sqrt(2)]),
        (sympy.tanh(2 * X) - 2 * sympy.tanh(X) + sympy.cos(Y), [(-1, 1), (2, 4)], [0, mpmath.pi]),
    ],
)
def test_degenerate_points_at_irrational_places(network, box, place, tmp_path):
    found = sp.morse_class(network, box)
    assert found == "C3"
    (point,) = (point for point in found.critical_points if point.degenerate)
    assert point.exact is None
    assert point.index is None
    assert mpmath.norm([mpmath.mpf(a) - b for a, b in zip(point.point.tolist(), place, strict=True)]) <= point.radius
    assert point.radius < 1e-14
    found.save(tmp_path / "m.json")
    code = f"import stabproof, sys; stabproof.check({str(tmp_path / 'm.json')!r}); sys.exit('jax' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    witness = found.certificate.witness["degenerate"]
    elsewhere = {"point": [Fraction(9)] * len(place)}
    for changed in ({"radius": Fraction(1)}, {"factors": witness["factors"][:-1]}, elsewhere):
        with pytest.raises(sp.CertificateError, match="degenerate"):
            sp.check(_forged(found.certificate, degenerate=witness | changed))


@pytest.mark.parametrize("small", [Fraction(1, 10**8), Fraction(1, 10**300)])
def test_the_index_of_a_badly_scaled_saddle(small):
    """Next to the eigenvalue 2 10^8 the other one is lost in its enclosure; D H D shows the signs."""
    tiny = sympy.Rational(small.numerator, small.denominator)
    found = sp.morse_class(10**8 * X**2 - tiny * Y**2, [(-1, 2)] * 2)
    assert found == "C2"
    (point,) = found.critical_points
    assert point.index == 1
    assert point.eigenvalues[0].lower <= -2 * small <= point.eigenvalues[0].upper
    assert sp.check(found.certificate).verdict is Verdict.PROVED

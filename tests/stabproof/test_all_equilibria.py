"""all_equilibria: exact roots all covered, faces and boundaries, starved budgets, forgeries."""

import importlib
import subprocess
import sys
from dataclasses import replace

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from certify.certificate import from_bytes, to_bytes
from certify.equilibrium import prove_all_equilibria

# what a witness lists once for each equilibrium
LISTED = ("points", "inverses", "radii")

mpmath.mp.dps = 40
STABLE, UNSTABLE, UNDECIDED = sp.Verdict.STABLE, sp.Verdict.UNSTABLE, sp.Verdict.UNDECIDED


def hopfield(x):
    return -x + 2 * jnp.tanh(x[::-1])


def assert_matches(found, exact):
    """The list is whole and each exact point (40 digits) is near one entry of its own."""
    assert found.complete
    assert found.verdict is sp.Verdict.PROVED
    assert len(found) == len(exact)
    assert found.certificate.number("equilibria").contains(len(exact))
    matched = set()
    for point in exact:
        gaps = [mpmath.norm([mpmath.mpf(float(p)) - e for p, e in zip(c.point, point, strict=True)])
                for c in found.equilibria]  # fmt: skip
        near = [k for k, (gap, c) in enumerate(zip(gaps, found.equilibria, strict=True)) if gap <= c.radius]
        assert len(near) == 1
        assert found.equilibria[near[0]].radius < 1e-13
        matched.add(near[0])
    assert len(matched) == len(exact)


@pytest.fixture(scope="module")
def found():
    return sp.all_equilibria(hopfield, [(-3, 3), (-3, 3)])


def test_two_hopfield_neurons(found):
    """Odd and increasing: x = 2 tanh(2 tanh x) has the solutions 0 and +-s with s = 2 tanh s, and no others."""
    s = mpmath.findroot(lambda t: t - 2 * mpmath.tanh(t), 1.9)
    assert_matches(found, [[-s, -s], [0, 0], [s, s]])
    assert [c.verdict for c in found.equilibria] == [STABLE, UNSTABLE, STABLE]
    assert found.undecided.shape == (0, 2, 2)
    assert found.boundary == ()


@pytest.mark.parametrize(("coupling", "number"), [("1/4", 9), ("3/4", 5), ("3/2", 3)])
def test_desai_zwanzig_pairs(coupling, number):
    """x' = x - x^3 + K/2 (y - x): with s = x + y and p = xy the equilibria are (0, 0), +-(1, 1); s = 0 and p = K - 1;
    s^2 = (2 - 3 K)/2 and p = -K/2."""
    k = sympy.Rational(coupling)
    x, y = sympy.symbols("x y")
    field = [x - x**3 + k / 2 * (y - x), y - y**3 + k / 2 * (x - y)]
    pairs = [(0, 0), (2, 1), (-2, 1)]
    pairs += [(0, k - 1)] if k < 1 else []
    pairs += [(sign * sympy.sqrt((2 - 3 * k) / 2), -k / 2) for sign in (1, -1)] if 3 * k < 2 else []
    exact = []
    for s, p in pairs:
        root = mpmath.sqrt(mpmath.mpf(str(sympy.N(s**2 - 4 * p, 45))))
        s = mpmath.mpf(str(sympy.N(s, 45)))
        exact += [[(s + r) / 2, (s - r) / 2] for r in ({root, -root} if root > 1e-30 else {mpmath.mpf(0)})]
    assert len(exact) == number
    assert_matches(sp.all_equilibria(field, [(-2, 2), (-2, 2)]), exact)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6), st.booleans())
def test_planted_roots(seed, is_map):
    """A random mixture of (x_i - a_i)(x_i - b_i): the zeros are the four pairs, on a grid, often on cell faces."""
    rng = np.random.default_rng(seed)
    roots = np.sort(rng.choice(np.arange(-8, 9), size=(2, 2), replace=False) / 4, axis=1)
    mixing = np.array([[1.0, 0.5], [-0.5, 1.0]]) + np.round(rng.normal(size=(2, 2))) / 8

    def field(x):
        value = jnp.array(mixing) @ ((x - roots[:, 0]) * (x - roots[:, 1]))
        return x + value if is_map else value

    kind = "map" if is_map else "flow"
    found = sp.all_equilibria(field, [(-4, 4), (-4, 4)], kind=kind)
    assert_matches(found, [[mpmath.mpf(a), mpmath.mpf(b)] for a in roots[0].tolist() for b in roots[1].tolist()])


def test_roots_on_faces_of_the_box_are_listed():
    """The zeros of (x^2 - 1, y) in [-1, 1]^2 are corners of nothing but lie on its sides; both are representable."""
    found = sp.all_equilibria(lambda v: jnp.stack([v[0] ** 2 - 1, -v[1]]), [(-1, 1), (-1, 1)])
    assert_matches(found, [[-1, 0], [1, 0]])
    assert [c.verdict for c in found.equilibria] == [STABLE, UNSTABLE]


def test_a_root_on_the_boundary_to_rounding_is_marked():
    found = sp.all_equilibria(lambda v: v**2 - 2, [(0.0, float(np.sqrt(2.0)))])
    assert found.complete
    assert len(found) == 1
    assert found.boundary == (0,)
    number = found.certificate.number("equilibria")
    assert number.contains(0)
    assert number.contains(1)
    assert "boundary" in found.certificate.claims[1].statement


def test_roots_outside_are_not_listed():
    found = sp.all_equilibria(lambda v: v**2 - 2, [(1.415, 3.0)])
    assert found.complete
    assert len(found) == 0
    assert sp.check(found.certificate).verdict is sp.Verdict.PROVED


@pytest.mark.parametrize("most_boxes", [1, 5, 20])
def test_starved_budgets_lose_nothing(most_boxes):
    found = sp.all_equilibria(hopfield, [(-3, 3), (-3, 3)], most_boxes=most_boxes)
    if found.complete:
        assert len(found) == 3
        return
    assert found.verdict is UNDECIDED
    assert str(most_boxes) in found.reason
    assert "budget" in found.next_step
    for root in (-1.915008048154537, 0.0, 1.915008048154537):
        listed = any(np.abs(c.point - root).max() < 1e-9 for c in found.equilibria)
        waiting = ((found.undecided[..., 0] <= root) & (root <= found.undecided[..., 1])).all(axis=1).any()
        assert listed or waiting
    assert sp.check(found.certificate).verdict is UNDECIDED


@pytest.mark.parametrize("reach", [1e3, 1e150, 1e300])
def test_overflow_is_undecided(reach):
    """Where cubes or exponentials overflow nothing is proved, and no root is lost."""
    found = sp.all_equilibria(lambda v: jnp.exp(v) - v**3 - 1, [(-reach, reach)], most_boxes=3000)
    lower, upper = found.undecided[..., 0], found.undecided[..., 1]
    for root in (0.0, float(mpmath.findroot(lambda t: mpmath.exp(t) - t**3 - 1, 4.6))):
        listed = any(abs(c.point[0] - root) < 1e-9 for c in found.equilibria)
        assert listed or ((lower <= root) & (root <= upper)).any()
    assert not found.complete


def test_a_time_budget_ends_the_search():
    found = sp.all_equilibria(hopfield, [(-3, 3), (-3, 3)], budget=1e-9)
    assert not found.complete
    assert found.undecided.shape == (1, 2, 2)


def test_degenerate_and_continuous_equilibria_stay_undecided():
    double = sp.all_equilibria(lambda v: v**2, [(-1, 1)])
    assert not double.complete
    assert len(double) == 0
    assert np.abs(double.undecided).max() < 1e-6
    circle = sp.all_equilibria(lambda v: v * (1 - v @ v), [(0.5, 2), (-0.5, 0.5)], most_boxes=3000)
    assert not circle.complete


def test_kinks_and_domains():
    """|x| - x/2 - 1/4 has the roots 1/2 and -1/6; at a root on the kink no verdict is given."""
    found = sp.all_equilibria(lambda v: jnp.abs(v) - v / 2 - 0.25, [(-1, 1)])
    assert_matches(found, [[-mpmath.mpf(1) / 6], [mpmath.mpf(1) / 2]])
    bent = sp.all_equilibria(lambda v: 2 * v + jnp.abs(v), [(-1, 1)])
    assert bent.complete
    assert [c.verdict for c in bent.equilibria] == [UNDECIDED]
    assert "differentiable" in bent.equilibria[0].reason
    root = sp.all_equilibria(lambda v: jnp.sqrt(v) - v, [(0.25, 2)])
    assert_matches(root, [[mpmath.mpf(1)]])


@pytest.mark.parametrize("neurons", [3, 4, 6])
def test_more_neurons(neurons):
    """Uncoupled neurons with slope 2: every combination of -s, 0, s; coupled by at most 1e-3 none is lost."""
    rng = np.random.default_rng(neurons)
    active = min(neurons, 3)
    slopes = np.where(np.arange(neurons) < active, 2.0, 0.5)
    weights = np.diag(slopes) + 1e-3 * rng.uniform(-1, 1, size=(neurons, neurons))
    found = sp.all_equilibria(lambda x: -x + jnp.array(weights) @ jnp.tanh(x), [(-5, 5)] * neurons)
    assert found.complete
    assert len(found) == 3**active
    assert sum(c.verdict is STABLE for c in found.equilibria) == 2**active


def test_checking_needs_no_jax(found, tmp_path):
    found.save(tmp_path / "all.json")
    program = (
        "import sys\n"
        "for name in ('jax', 'jaxlib', 'sympy'): sys.modules[name] = None\n"
        "import stabproof\n"
        f"print(stabproof.check({str(tmp_path / 'all.json')!r}).verdict.name)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "PROVED"


def test_forgeries_are_caught(found):
    certificate = found.certificate
    witness, problem = certificate.witness, certificate.problem
    shorter = {name: value[:2] if name in LISTED else value for name, value in witness.items()}
    twice = {name: np.concatenate([value, value[:1]]) if name in LISTED else value for name, value in witness.items()}
    for changes in (
        {"witness": shorter},
        {"witness": twice},
        {"witness": {**witness, "boxes": 2}},
        {"witness": {**witness, "radii": witness["radii"] * 10}},
        {"problem": {**problem, "upper": problem["upper"] - 2}},
        {"problem": {**problem, "upper": problem["lower"]}},
        {"problem": {**problem, "kind": "map"}},
    ):
        with pytest.raises(sp.CertificateError):
            sp.check(from_bytes(to_bytes(replace(certificate, **changes))))
    assert sp.check(from_bytes(to_bytes(certificate))).verdict is sp.Verdict.PROVED


def test_one_equilibrium_cannot_be_listed_twice(found):
    """A forger who states four equilibria, with claims to match, needs a fourth point."""
    witness = found.certificate.witness
    twice = {name: np.concatenate([value, value[:1]]) if name in LISTED else value for name, value in witness.items()}
    with pytest.raises(sp.CertificateError, match="point 4"):
        prove_all_equilibria(found.certificate.problem, twice)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"box": [(1, 0), (0, 1)]}, "lower < upper"),
        ({"box": [(0, 1, 2)]}, r"\(n, 2\)"),
        ({"box": [(0, np.inf), (0, 1)]}, "inf"),
        ({"box": [(0, 1)] * 2, "kind": "orbit"}, "flow"),
        ({"box": [(0, 1)] * 2, "budget": 0}, "budget"),
        ({"box": [(0, 1)] * 2, "most_boxes": 0}, "most_boxes"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(sp.InputError, match=message):
        sp.all_equilibria(hopfield, **arguments)


def test_undecided_boxes_are_part_of_the_proof(tmp_path):
    """Every equilibrium that is not listed lies in a recorded box; the file says so, and a forged set is refused."""
    found = sp.all_equilibria(hopfield, [(-3, 3), (-3, 3)], most_boxes=20)
    assert not found.complete
    certificate = found.certificate
    boxes = certificate.witness["undecided"]
    assert certificate.number("undecided_boxes").lower == len(boxes) == len(found.undecided)
    found.save(tmp_path / "partial.json")
    assert sp.check(tmp_path / "partial.json").verdict is UNDECIDED
    listed = [c.point for c in found.equilibria]
    for x in (-1.915008048154537, 0.0, 1.915008048154537):
        inside = ((boxes[..., 0] <= x) & (x <= boxes[..., 1])).all(axis=1).any()
        assert inside or any(abs(point - x).max() < 1e-9 for point in listed)
    for fewer in (boxes[:0], boxes[1:] if len(boxes) > 1 else boxes[:0]):
        forged = replace(certificate, witness={**certificate.witness, "undecided": fewer, "boxes": 30})
        with pytest.raises(sp.CertificateError):
            sp.check(forged)
    for bad in (boxes[..., ::-1].copy(), boxes[..., 0], np.full((1, 2, 2), np.nan)):
        with pytest.raises(sp.CertificateError, match="undecided boxes"):
            sp.check(replace(certificate, witness={**certificate.witness, "undecided": bad}))


@pytest.mark.parametrize(
    "field",
    [
        lambda x: x - 2 + 1.5 * (x < 1),
        lambda x: x - 2 + jnp.where(x < 1, 1.5, 0.0),
        lambda x: x - 2 + 1.5 * (x.astype(int) == 0),
        lambda x: x - 0.5 - 1.5 * jnp.argmax(jnp.concatenate([0 * x + 1, x])),
    ],
)
def test_no_zero_is_lost_behind_a_jump(field):
    """Zeros 1/2 and 2 of a field of slope 1 that jumps at 1: a Newton step across the jump would exclude one."""
    found = sp.all_equilibria(field, [(0, 2.9)])
    for zero in (0.5, 2.0):
        listed = any(abs(c.point[0] - zero) <= c.radius for c in found.equilibria)
        left = any((low <= zero) & (zero <= high) for ((low, high),) in found.undecided)
        assert listed or left
    assert found.verdict is UNDECIDED
    with pytest.raises(sp.CertificateError):
        sp.check(replace(found.certificate, witness={**found.certificate.witness, "undecided": np.zeros((0, 1, 2))}))


def test_a_count_from_below_stays_a_whole_number():
    found = sp.all_equilibria(lambda x: x**2 * (x - 0.5) * (x - 0.75), [(-1, 1)])
    assert not found.complete
    assert len(found) == 2
    assert str(found.certificate.number("equilibria")) == "[2, inf)"
    assert sp.check(found.certificate).verdict is sp.Verdict.UNDECIDED


def test_hundreds_of_equilibria():
    """x' = sin x, y' = sin y: the multiples of pi, stable where both are odd; 19 of them in [-30, 30], 10 odd."""
    found = sp.all_equilibria(jnp.sin, [(-30, 30)] * 2)
    assert found.complete
    assert len(found) == len(found.points) == 19**2
    assert found.certificate.number("equilibria") == sp.Enclosure(361.0, 361.0)
    assert found.certificate.number("stable_equilibria") == sp.Enclosure(100.0, 100.0)
    multiples = np.array([[i, j] for i in range(-9, 10) for j in range(-9, 10)])
    np.testing.assert_allclose(found.points, multiples * np.pi, atol=1e-14)
    odd = (multiples % 2 == 1).all(axis=1)
    even = (multiples % 2 == 0).all(axis=1)
    said = [claim.statement.rpartition("is ")[2] for claim in found.certificate.claims[1:-1]]
    assert said == ["STABLE." if o else "UNSTABLE." for o in odd]
    assert even.sum() == 81
    assert sp.check(found.certificate).verdict is sp.Verdict.PROVED


def test_what_was_found_in_time_is_proved(monkeypatch):
    """A clock that ends the search after a few parts: the equilibria found by then are proved, the rest is told."""
    ticks = iter([0.0] * 12)
    searching = importlib.import_module("certify.equilibrium.subdivision")
    monkeypatch.setattr(searching, "computing_time", lambda: next(ticks, 1e9))
    found = sp.all_equilibria(jnp.sin, [(-30, 30)] * 2)
    assert not found.complete
    assert "time budget" in found.reason
    assert "raise the budget" in found.next_step
    assert 0 < len(found) < 361
    for point in np.array([[i, j] for i in range(-9, 10) for j in range(-9, 10)]) * np.pi:
        listed = (np.abs(found.points - point).max(axis=1) < 1e-9).any()
        waiting = ((found.undecided[..., 0] <= point) & (point <= found.undecided[..., 1])).all(axis=1).any()
        assert listed or waiting
    assert sp.check(found.certificate).verdict is UNDECIDED


def test_thousands_of_undecided_boxes_are_gathered():
    """A circle of equilibria: many small boxes are left. The certificate gathers neighbours, and still holds them."""
    found = sp.all_equilibria(lambda v: v * (1 - v @ v), [(0.25, 2), (-1.5, 1.5)], most_boxes=12_000)
    boxes = found.certificate.witness["undecided"]
    assert len(found.undecided) > 2048
    assert 1024 < len(boxes) <= 2048 == found.certificate.number("undecided_boxes").upper
    assert found.reason.startswith(f"{len(found.undecided)} parts")
    inside = (boxes[None, ..., 0] <= found.undecided[:, None, :, 0]) & (
        found.undecided[:, None, :, 1] <= boxes[None, ..., 1]
    )
    assert inside.all(axis=2).any(axis=1).all()
    assert np.prod(boxes[..., 1] - boxes[..., 0], axis=1).sum() < 0.1 * 1.75 * 3
    assert sp.check(found.certificate).verdict is UNDECIDED

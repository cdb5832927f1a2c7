"""Large Hopfield networks by norms: containment, tightness, every form of weights, refusals."""

import math
from dataclasses import replace
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import scipy.sparse

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.hopfield import Dense, Factors, Hopfield, prove_contraction
from certify.hopfield.hopfield import HopfieldNetwork
from foundation import CertificateError, InputError

SIZE = 40


def dense(scale=0.3, seed=0, size=SIZE):
    return np.random.default_rng(seed).normal(size=(size, size)) * (scale / np.sqrt(size))


def patterns(count=3, size=SIZE, seed=1):
    return np.sign(np.random.default_rng(seed).normal(size=(size, count)))


def forms():
    weights = dense(0.1)
    xi = patterns()
    sparse = scipy.sparse.csr_array(np.where(np.abs(weights) > 0.01, weights, 0.0))
    return {
        "dense": (weights, None),
        "sparse": (sparse, None),
        "factors": ((xi * (3.0 / SIZE), xi), 3 * xi[:, 0]),
    }


def as_array(weights):
    if isinstance(weights, tuple):
        return weights[0] @ weights[1].T
    return weights.toarray() if scipy.sparse.issparse(weights) else weights


def precise_point(weights, bias, decay, start):
    with mpmath.workdps(40):
        if isinstance(weights, tuple):
            a = mpmath.matrix(weights[0].tolist()) * mpmath.matrix(weights[1].T.tolist())
        else:
            a = mpmath.matrix(as_array(weights).tolist())
        x = mpmath.matrix(start.tolist())
        b = mpmath.matrix(bias.tolist())
        for _ in range(200):
            x = (a * x.apply(mpmath.tanh) + b) / decay
        return x


@pytest.mark.parametrize("form", ["dense", "sparse", "factors"])
def test_the_equilibrium_of_high_precision_is_inside(form, tmp_path):
    weights, x = forms()[form]
    bias = np.cos(np.arange(SIZE)) if x is None else np.zeros(SIZE)
    found = sp.certify_equilibrium(Hopfield(weights, bias), x)
    assert found.verdict is sp.Verdict.STABLE
    assert found.directions == (SIZE, 0, 0)
    exact = precise_point(weights, bias, 1, found.point)
    with mpmath.workdps(40):
        distance = mpmath.norm(mpmath.matrix([e - mpmath.mpf(p) for e, p in zip(exact, found.point, strict=True)]))
        assert distance <= found.radius < 1e-12
    slope = as_array(weights) * (1 - np.tanh(found.point) ** 2) - np.eye(SIZE)
    abscissa = np.linalg.eigvals(slope).real.max()
    assert found.number("spectral_abscissa").contains(abscissa)
    assert found.number("spectral_abscissa").upper < 0.6 * abscissa
    found.save(tmp_path / "network.json")
    assert sp.check(tmp_path / "network.json").verdict is sp.Verdict.STABLE


def test_the_euclidean_norm_sees_what_the_maximum_norm_misses():
    model = Hopfield(dense(0.3, size=200), np.ones(200))
    found = sp.certify_equilibrium(model)
    assert found.witness["norm"] == "euclidean"
    slope = model.weights * (1 - np.tanh(found.point) ** 2) - np.eye(200)
    assert found.number("spectral_abscissa").contains(np.linalg.eigvals(slope).real.max())
    row_sums = (np.abs(model.weights) * (1 - np.tanh(found.point) ** 2)).sum(axis=1)
    assert row_sums.max() > 1


def test_measures_bound_the_symmetric_part():
    generator = np.random.default_rng(3)
    left, scale = generator.uniform(0.5, 2, SIZE), generator.uniform(0.1, 1, SIZE)
    right = Ball(scale, np.full(SIZE, 1e-9))
    matrix, pair = dense(1.0, 4), (patterns(seed=5), generator.normal(size=(SIZE, 3)))
    for weights, array in ((Dense(matrix), matrix), (Factors(*pair), pair[0] @ pair[1].T)):
        full = left[:, None] * array * scale
        exact = np.linalg.eigvalsh((full + full.T) / 2).max()
        bound = weights.symmetric_level(left, right, exact + 0.1)
        assert exact <= bound
        assert bound < (exact + 0.1001 if isinstance(weights, Dense) else np.linalg.norm(full, 2) * 4)
        rows = np.abs(array) @ scale
        found = weights.magnitude_times(scale)
        assert (found >= rows * (1 - 1e-14)).all()
        assert (found <= rows * (1 + 1e-9) + 1e-300).all()
        product = weights.product(Ball.exact(scale))
        assert (np.abs(product.mid - array @ scale) <= product.rad + 1e-13).all()
        assert product.rad.max() < 1e-11


def test_a_level_below_the_spectrum_proves_nothing():
    matrix = dense(1.0, 4)
    exact = np.linalg.eigvalsh((matrix + matrix.T) / 2).max()
    assert Dense(matrix).symmetric_level(np.ones(SIZE), Ball.exact(np.ones(SIZE)), exact - 0.1) >= exact


def test_strong_coupling_at_the_origin_is_undecided():
    xi = patterns()
    found = sp.certify_equilibrium(Hopfield((xi * (3.0 / SIZE), xi)), np.zeros(SIZE))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "norm" in found.reason
    assert found.next_step
    assert found.radius is None


def test_a_poor_point_is_undecided():
    good = sp.certify_equilibrium(Hopfield(dense(0.1), np.ones(SIZE)))
    assert good.witness["norm"] == "maximum"
    moved = {**good.witness, "point": good.point + 0.1}
    assert issue("hopfield", good.problem, moved).verdict is sp.Verdict.UNDECIDED
    near = {**good.witness, "point": good.point + 1e-5}
    found = issue("hopfield", good.problem, near)
    assert 1e-5 * np.sqrt(SIZE) - good.radius <= found.radius < 1e-4 * np.sqrt(SIZE)


def test_self_inhibition_counts_with_its_sign():
    """A negative diagonal stabilises: without its sign the row sum 1.5 would exceed the decay 1."""
    found = sp.certify_equilibrium(Hopfield(np.array([[-1.0, 0.5], [0.5, -1.0]])))
    assert found.verdict is sp.Verdict.STABLE
    # at the origin the eigenvalues are -1 - 1 +- 1/2
    assert found.number("spectral_abscissa").contains(-1.5)


def test_forged_certificates_are_refused():
    good = sp.certify_equilibrium(Hopfield(dense(0.1), np.ones(SIZE)))
    for change in ({"decay": Fraction(-1)}, {"matrix": good.problem["matrix"][:3]}, {"bias": np.full(SIZE, np.nan)}):
        with pytest.raises(CertificateError):
            sp.check(replace(good, problem={**good.problem, **change}))
    with pytest.raises(CertificateError):
        sp.check(replace(good, problem={**good.problem, "matrix": 20 * good.problem["matrix"]}))
    for change in ({"scale": -good.witness["scale"]}, {"norm": "taxi"}, {"reach": -1.0}, {"point": good.point[:3]}):
        with pytest.raises(CertificateError):
            sp.check(replace(good, witness={**good.witness, **change}))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.ones((2, 3)),), "square"),
        ((np.array([[np.nan]]),), "nan"),
        (((np.ones((3, 1)), np.ones((2, 1))),), "one shape"),
        ((np.eye(2), [1.0, 2.0, 3.0]), "2 neurons"),
        ((np.eye(2), 0.0, 0), "above 0"),
        ((np.eye(2), 0.0, "x"), "real number"),
        ((np.full((2, 2), 1e300),), "2\\^250"),
    ],
)
def test_bad_networks(arguments, message):
    with pytest.raises(InputError, match=message):
        Hopfield(*arguments)


def test_bad_calls():
    model = Hopfield(np.zeros((2, 2)))
    with pytest.raises(InputError, match="2 neurons"):
        sp.certify_equilibrium(model, [1.0])
    with pytest.raises(InputError, match="flow"):
        sp.certify_equilibrium(model, kind="map")
    with pytest.raises(InputError, match="come to rest"):
        sp.certify_equilibrium(Hopfield(np.array([[4.0, -4.0], [4.0, 4.0]])), [1.0, 0.0])


TRIPLE = np.array([[2.0, 0.05, -0.03], [0.02, 2.0, 0.04], [-0.01, 0.05, 0.5]])


@pytest.fixture(scope="module")
def triple():
    """A certificate of three neurons with the exact equilibrium (40 digits) and its spectral abscissa."""
    certificate = sp.certify_equilibrium(Hopfield(TRIPLE), [1.9, 1.9, 0])
    with mpmath.workdps(40):
        weights = mpmath.matrix(TRIPLE.tolist())
        x = mpmath.matrix([mpmath.mpf(float(v)) for v in certificate.point])
        for _ in range(8):
            slopes = mpmath.diag([1 - mpmath.tanh(v) ** 2 for v in x])
            jacobian = weights * slopes - mpmath.eye(3)
            x = x - mpmath.lu_solve(jacobian, weights * x.apply(mpmath.tanh) - x)
        abscissa = max(mpmath.re(v) for v in mpmath.eig(jacobian, left=False, right=False))
    return certificate, x, abscissa


NUMBERS = (math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, -1e-310, 1e-160, 1e160, 1e300, -1.7e308, -1.0, 1.0, 3.0)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_number_in_the_witness_proves_what_is_false(triple, number):
    """What a forger writes is refused, or decides nothing, or leaves the exact values in what is proved."""
    certificate, exact, abscissa = triple
    base = certificate.witness
    forged = [base | {name: number} for name in ("reach", "level")]
    for name in ("point", "scale"):
        forged += [base | {name: np.where(np.arange(3) == k, number, base[name])} for k in range(3)]
        with np.errstate(all="ignore"):
            forged += [base | {name: np.full(3, number)}, base | {name: base[name] * number}]
    for witness in forged:
        try:
            with np.errstate(all="ignore"):
                outcome = prove_contraction(certificate.problem, witness)
        except (CertificateError, InputError):
            continue
        if outcome.verdict is sp.Verdict.STABLE:
            point = witness["point"] * np.sign(witness["point"][0])  # the mirror image is an equilibrium too
            gaps = [abs(mpmath.mpf(float(p)) - e) for p, e in zip(point, exact, strict=True)]
            assert mpmath.norm(gaps) <= outcome.claim("radius").enclosure.upper
            bounds = outcome.claim("spectral_abscissa").enclosure
            assert bounds.lower <= abscissa <= bounds.upper


@pytest.mark.parametrize(
    "change",
    [
        {"matrix": TRIPLE * 2.0**252},
        {"bias": np.array([0.0, 2.0**251, 0.0])},
        {"decay": Fraction(2**251)},
        {"decay": Fraction(0)},
        {"left": np.full((3, 1), 2.0**251), "right": np.ones((3, 1))},
        {"values": np.array([2.0**251]), "columns": np.array([0]), "row_ends": np.array([0, 1, 1, 1])},
    ],
)
def test_numbers_beyond_the_range_in_a_file_are_refused(triple, change):
    problem = {name: value for name, value in triple[0].problem.items() if name != "matrix" or "matrix" in change}
    with pytest.raises(CertificateError):
        HopfieldNetwork.from_tree((problem if len(change) > 1 else triple[0].problem) | change)

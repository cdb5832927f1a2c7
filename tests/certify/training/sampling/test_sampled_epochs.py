"""Shuffled epochs and fixed orders at the front door: opposite verdicts, agreement, refusals, forged files."""

from functools import cache

import numpy as np
import pytest

import stabproof as sp
from certify.certificate import issue
from foundation import CertificateError


@cache
def opposite():
    """(1.73, 0), (0.675, 0.8), eta = 1, B = 1: independent batches blow up, shuffled epochs converge."""
    points = np.array([[1.73, 0.0], [0.675, 0.8]])
    return sp.Regression(lambda theta, x: theta @ x, np.zeros(2), points, np.zeros(2))


@cache
def certified(sampling):
    return sp.certify_minimum(opposite(), sp.SGD(1.0, 1, sampling=sampling), budget=20.0)


def test_the_pair_of_opposite_verdicts():
    independent, shuffled = certified("iid"), certified("shuffled")
    assert independent.verdict is sp.Verdict.UNSTABLE
    assert independent.lyapunov_exponent.contains(0.132313850)
    assert shuffled.verdict is sp.Verdict.STABLE
    # two epoch maps of nearly equal norm: 4e7 epochs of float products give -0.046984 per step
    assert shuffled.lyapunov_exponent.lower > -0.04699
    assert shuffled.lyapunov_exponent.upper < -0.04698
    assert (independent.sampling, shuffled.sampling) == ("iid", "shuffled")


def test_the_simulation_takes_the_proved_sides():
    """400 steps from a distance of one, on 100 seeds: the median is far out, or in."""
    k = np.array([[1.73, 0.0], [0.675, 0.8]])
    gram, generator = k @ k.T, np.random.default_rng(0)
    distances = {"iid": [], "shuffled": []}
    for _ in range(100):
        for scheme, kept in distances.items():
            w = generator.normal(size=2)
            w /= np.linalg.norm(w)
            for _ in range(200):
                order = generator.permutation(2) if scheme == "shuffled" else generator.integers(2, size=2)
                for i in order:
                    w[i] -= gram[i] @ w
            kept.append(np.linalg.norm(w))
    assert np.median(distances["iid"]) > 1e12
    assert np.median(distances["shuffled"]) < 1e-4


def test_no_word_about_the_sampling_is_answered_side_by_side():
    silent = certified(None)
    assert silent.verdict is sp.Verdict.UNDECIDED
    assert silent.sampling == "iid and shuffled"
    assert "independent batches: UNSTABLE, shuffled epochs: STABLE" in silent.reason
    assert 'sampling="shuffled"' in silent.next_step
    assert silent.lyapunov_exponent.lower > 0 > silent.number("shuffled_lyapunov_exponent").upper


@pytest.mark.parametrize(("rate", "verdict"), [(0.3, sp.Verdict.STABLE), (4.0, sp.Verdict.UNSTABLE)])
def test_where_both_agree_there_is_one_verdict(rate, verdict):
    certificate = sp.certify_minimum(opposite(), sp.SGD(rate), budget=20.0)
    assert certificate.verdict is verdict
    assert certificate.reason == ""


@pytest.mark.parametrize("sampling", [None, "shuffled", "fixed", (1, 0)])
def test_certificates_are_checked_from_their_files(sampling, tmp_path):
    certificate = certified(sampling)
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is certificate.verdict


def test_a_fixed_order_is_one_matrix():
    """A_2 A_1 in exact arithmetic has the eigenvalues of [[-1.9929, -1.16775], ...]; SciPy's largest modulus."""
    k = np.array([[1.73, 0.0], [0.675, 0.8]])
    gram = k @ k.T
    steps = [np.eye(2) - np.diag(e) @ gram for e in np.eye(2)]
    radius = np.abs(np.linalg.eigvals(steps[1] @ steps[0])).max()
    proved = certified("fixed").lyapunov_exponent
    assert proved.contains(np.log(radius) / 2)
    assert proved.width < 1e-8


def test_a_fixed_order_that_diverges():
    certificate = sp.certify_minimum(opposite(), sp.SGD(1.3, 1, sampling="fixed"), budget=10.0)
    gram = np.array([[1.73, 0.0], [0.675, 0.8]]) @ np.array([[1.73, 0.0], [0.675, 0.8]]).T
    steps = [np.eye(2) - 1.3 * np.diag(e) @ gram for e in np.eye(2)]
    radius = np.abs(np.linalg.eigvals(steps[1] @ steps[0])).max()
    assert radius > 1
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert certificate.lyapunov_exponent.contains(np.log(radius) / 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"sampling": "sorted"},
        {"sampling": 3},
        {"drop_last": "no"},
        {"order": np.array([0, 0])},
        {"order": np.array([0, 1])},
        {"sampling": "fixed", "order": np.array([0, 2])},
        {"sampling": "fixed", "order": np.array([0.0, 1.0])},
    ],
)
def test_a_sampling_that_is_none_is_refused_in_files(changes):
    certificate = certified("shuffled")
    optimizer = {**certificate.problem["optimizer"], **changes}
    with pytest.raises(CertificateError, match=r"sampling|drop_last|order"):
        issue("minimum", {**certificate.problem, "optimizer": optimizer}, certificate.witness)


def test_a_file_cannot_change_its_sampling():
    """The verdict of shuffled epochs does not carry over to independent batches."""
    certificate = certified("shuffled")
    optimizer = {**certificate.problem["optimizer"], "sampling": "iid"}
    with pytest.raises(CertificateError):
        issue("minimum", {**certificate.problem, "optimizer": optimizer}, certificate.witness)


@pytest.mark.parametrize("value", ["sorted", (0, 0), (1, 2), [[0, 1]], 3, (0.0, 1.0)])
def test_a_sampling_that_is_none_is_refused(value):
    with pytest.raises(sp.InputError, match=r"sampling|order"):
        sp.SGD(1.0, 1, sampling=value)


def test_orders_and_batches_must_fit_the_data():
    with pytest.raises(sp.InputError, match="3 entries"):
        sp.certify_minimum(opposite(), sp.SGD(1.0, 1, sampling=(0, 2, 1)))
    with pytest.raises(sp.InputError, match="drop_last"):
        sp.SGD(1.0, 1, drop_last=1)
    three = sp.Regression(lambda t, x: t @ x, np.zeros(3), np.eye(3), np.zeros(3))
    with pytest.raises(sp.InputError, match="leave them out"):
        sp.certify_minimum(three, sp.SGD(1.0, 2, sampling="fixed", drop_last=True))


def test_the_positive_half_says_what_it_assumes():
    certificate = sp.certify_minimum(opposite(), sp.SGD(4.0, 1, sampling="shuffled"), budget=10.0)
    statuses = {h.name: h.status.value for h in certificate.hypotheses}
    assert certificate.verdict is sp.Verdict.UNSTABLE
    assert statuses["epochs"] == "assumed"
    assert {h.name: h.status.value for h in certified("shuffled").hypotheses}["epochs"] == "proved"


def test_momentum_under_shuffled_epochs():
    """N = 2 with momentum 0.3: the exponent of products of the epoch maps, by float simulation to 2e-3."""
    problem, b, eta = opposite(), 0.3, 0.8
    certificate = sp.certify_minimum(problem, sp.SGD(eta, 1, b, sampling="shuffled"), budget=20.0)
    gram, generator = np.array([[2.9929, 1.16775], [1.16775, 1.095625]]), np.random.default_rng(1)
    maps = []
    for e in np.eye(2):
        a = np.eye(2) - eta * np.diag(e) @ gram
        maps.append(np.block([[a, -b * np.eye(2)], [np.eye(2) - a, b * np.eye(2)]]))
    epochs, v, total = [maps[1] @ maps[0], maps[0] @ maps[1]], np.ones(4), 0.0
    for choice in generator.integers(2, size=40_000):
        v = epochs[choice] @ v
        size = np.linalg.norm(v)
        total, v = total + np.log(size), v / size
    assert abs(total / 80_000 - certificate.lyapunov_exponent.midpoint) < 0.02 + certificate.lyapunov_exponent.width
    assert certificate.lyapunov_exponent.lower - 2e-3 < total / 80_000 < certificate.lyapunov_exponent.upper + 2e-3


@pytest.mark.parametrize("points", [[[1.0, 0.5], [0.5, -1.0]], [[0.0, 2.0], [2.0, 0.0]]])
def test_orthogonal_examples_of_one_length(points):
    """Every order multiplies every direction by 1 - eta |x|^2 once an epoch: all metrics are eigenvectors, and the
    exponent is log|1 - eta |x|^2| / 2 a step."""
    points = np.array(points)
    problem = sp.Regression(lambda theta, x: theta @ x, np.array([0.3, -0.2]), points, points @ [0.3, -0.2])
    certificate = sp.certify_minimum(problem, sp.SGD(0.1, 1, sampling="shuffled"), budget=20.0)
    expected = np.log(1 - 0.1 * (points[0] @ points[0])) / 2
    assert certificate.verdict.name == "STABLE"
    assert certificate.lyapunov_exponent.lower - 1e-15 <= expected <= certificate.lyapunov_exponent.upper + 1e-15
    assert certificate.lyapunov_exponent.width < 1e-12

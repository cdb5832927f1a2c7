"""Exact orbits: gradients against slow high-precision differences, losses, exponents, null directions, certificates."""

import itertools
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from certify.certificate import check, read_certificate
from certify.enclosure import Enclosure
from certify.trajectories import prove_descent, prove_null_directions, prove_orbit_exponent
from certify.trajectories.exponent import Stretches
from certify.trajectories.network import ExactNetwork, evaluator
from certify.trajectories.orbit import orbit
from certify.verdict import Verdict
from foundation import CertificateError, InputError
from search.trajectories import certify_descent, certify_null_directions, certify_orbit_exponent


def exact(value):
    """An mpmath number as a rational."""
    sign, mantissa, exponent, _ = value._mpf_
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent


def contains(ball, value):
    """Whether an Arb ball is narrow and contains an mpmath number, up to the 1e-60 to which that one is right."""
    rational = exact(value)
    distance = ball - flint.arb(flint.fmpq(rational.numerator, rational.denominator))
    return distance.abs_lower() < 1e-60 and ball.rad() < 1e-30


def entries(pair):
    return [x for matrix in pair for x in matrix.entries()]


def test_gradient_and_hessian_enclose_those_of_the_definition(network, start, slow):
    loss, gradient = slow
    direction = np.random.default_rng(1).standard_normal(network.dimension)
    with flint.ctx.workprec(220), mpmath.workdps(120):
        theta = [mpmath.mpf(float(x)) for x in start]
        layers = evaluator(network).at(network.pair(start, "start"))
        assert contains(layers.loss(), loss(network, theta))
        for ball, value in zip(entries(layers.gradient()), gradient(network, theta), strict=True):
            assert contains(ball / 4, value)
        step = mpmath.mpf(10) ** -30
        shifted = [
            [t + s * step * mpmath.mpf(float(d)) for t, d in zip(theta, direction, strict=True)] for s in (1, -1)
        ]
        up, down = (gradient(network, point) for point in shifted)
        images = entries(layers.hessian_times(network.pair(direction, "direction")))
        for ball, a, b in zip(images, up, down, strict=True):
            assert abs(float(ball / 4 - flint.arb(mpmath.nstr((a - b) / (2 * step), 45)))) < 1e-25


def test_the_orbit_encloses_the_slow_one(network, start, slow):
    loss, gradient = slow
    moments = list(orbit(network, start, Fraction(3, 2), 3, 256))
    with mpmath.workdps(120), flint.ctx.workprec(256):
        theta = [mpmath.mpf(float(x)) for x in start]
        for moment in moments:
            assert contains(moment.loss, loss(network, theta))
            for ball, value in zip(entries(moment.parameters), theta, strict=True):
                assert contains(ball, value)
            theta = [t - mpmath.mpf(3) / 2 * g for t, g in zip(theta, gradient(network, theta), strict=True)]


def test_low_precision_encloses_high_precision(network, start):
    direction = np.ones(network.dimension)
    low, high = (list(orbit(network, start, Fraction(2), 12, bits, direction)) for bits in (80, 500))
    for rough, fine in zip(low, high, strict=True):
        assert rough.loss.contains(fine.loss)
        for a, b in zip(entries(rough.parameters) + entries(rough.tangent), entries(fine.parameters)
                        + entries(fine.tangent), strict=True):  # fmt: skip
            assert a.contains(b)
    assert flint.ctx.prec == 53


def test_falling_losses_are_proved_and_checked(network, start):
    found = certify_descent(network, start, Fraction(1, 10), 30)
    assert found.verdict is Verdict.PROVED
    assert found.number("smallest_fall").lower > 0
    assert found.number("last_loss").width < 1e-14
    assert check(found) is found


def test_a_rise_is_proved_where_the_step_is_too_long(network, start, slow):
    found = certify_descent(network, start, 50, 10)
    assert found.verdict is Verdict.REFUTED
    assert found.number("before_rise").upper < found.number("after_rise").lower
    loss, gradient = slow
    with mpmath.workdps(120):
        theta, losses = [mpmath.mpf(float(x)) for x in start], []
        for _ in range(int(found.number("rising_step").lower) + 2):
            losses.append(loss(network, theta))
            theta = [t - 50 * g for t, g in zip(theta, gradient(network, theta), strict=True)]
    falls = [a > b for a, b in itertools.pairwise(losses)]
    assert falls == [True] * (len(falls) - 1) + [False]
    assert found.number("after_rise").contains(Fraction(mpmath.nstr(losses[-1], 40)))


def moved(point, step, direction):
    """point + step * direction in mpmath."""
    return [mpmath.mpf(x) + step * mpmath.mpf(d) for x, d in zip(point, direction, strict=True)]


def problem_of(network, start, **more):
    return {"network": network.as_data(), "start": start, "learning_rate": Fraction(20), **more}


def test_too_few_bits_leave_it_undecided(network, start):
    outcome = prove_descent(problem_of(network, start, steps=200), {"bits": 64})
    assert outcome.verdict is not Verdict.PROVED
    stretches = {"exponents": [[0, 60]], "windows": [], "tolerance": 1e-12}
    starved = prove_orbit_exponent(problem_of(network, start, direction=start, **stretches), {"bits": 64})
    assert starved.verdict is Verdict.UNDECIDED
    assert "64 bits" in starved.reason
    assert starved.next_step


def test_a_start_at_which_nothing_moves_is_undecided():
    """No hidden information and balanced labels: the gradient at zero is zero, so the loss neither falls nor rises."""
    balanced = ExactNetwork(np.zeros((2, 1)), np.array([0, 1]), 1, 2)
    outcome = prove_descent(problem_of(balanced, np.zeros(balanced.dimension), steps=1), {"bits": 128})
    assert outcome.verdict is Verdict.UNDECIDED


def test_exponents_and_slopes_enclose_differences_of_the_slow_orbit(network, start, slow):
    """The tangent vector by differences of two slow orbits that start 10^-30 apart."""
    _, gradient = slow
    direction = np.random.default_rng(2).standard_normal(network.dimension)
    found = certify_orbit_exponent(
        network, start, direction, 2, Stretches(((0, 4), (1, 3)), ((0, 4),)), tolerance=1e-13
    )
    assert found.verdict is Verdict.PROVED
    logs = []
    with mpmath.workdps(120):
        step = mpmath.mpf(10) ** -30
        points = [moved(start, sign * step, direction) for sign in (1, -1)]
        for _ in range(5):
            logs.append(mpmath.log(sum(abs(a - b) for a, b in zip(*points, strict=True))))
            points = [[t - 2 * g for t, g in zip(p, gradient(network, p), strict=True)] for p in points]
        expected = {
            "exponent 0-4": (logs[4] - logs[0]) / 4,
            "exponent 1-3": (logs[3] - logs[1]) / 2,
            "slope 0-4": sum((k - 2) * logs[k] for k in range(5)) / 10,
        }
    for name, value in expected.items():
        enclosure = found.number(name)
        assert enclosure.contains(Fraction(mpmath.nstr(value, 30)))
        assert enclosure.width < 1e-13


def test_the_kernel_is_exactly_that_of_softmax(network, start):
    blind = replace(network, inputs=np.zeros((4, 2)))
    found = certify_null_directions(blind, start)
    assert found.verdict is Verdict.UNDECIDED  # inputs that are zero leave the hidden weights without effect
    assert found.number("null_directions") == Enclosure(3.0, 3.0)
    assert 2 < found.number("kernel_dimension").lower <= 3
    assert 15 <= found.number("kernel_dimension").upper < 16
    generator = np.random.default_rng(3)
    many = ExactNetwork(generator.standard_normal((20, 2)), generator.integers(0, 3, 20), 2, 3)
    theta = generator.standard_normal(many.dimension)
    full = certify_null_directions(many, theta)
    assert full.verdict is Verdict.PROVED
    assert full.number("kernel_dimension") == Enclosure(3.0, 3.0)
    assert full.number("largest_image").upper < 1e-60
    check(full)


def test_the_kernel_agrees_with_singular_values():
    generator = np.random.default_rng(4)
    network = ExactNetwork(generator.standard_normal((20, 2)), generator.integers(0, 3, 20), 2, 3)
    theta = generator.standard_normal(network.dimension)
    with flint.ctx.workprec(128):
        layers = evaluator(network).at(network.pair(theta, "theta"))
        columns = [[float(x) for x in entries(layers.hessian_times(network.pair(unit, "unit")))]
                   for unit in np.eye(network.dimension)]  # fmt: skip
    hessian = np.array(columns)
    assert np.abs(hessian - hessian.T).max() < 1e-14
    values = np.linalg.svd(hessian, compute_uv=False)
    assert (values < 1e-12).sum() == 3


def saved(tmp_path, network, start):
    """One certificate of each kind, on file."""
    stretches = Stretches(((0, 6),), ((1, 5),))
    made = {
        "descent": certify_descent(network, start, Fraction(1, 10), 5),
        "orbit-exponent": certify_orbit_exponent(network, start, start, 1, stretches),
        "null-directions": certify_null_directions(network, start, attempts=1),
    }
    for kind, certificate in made.items():
        certificate.save(tmp_path / f"{kind}.json")
    return made


def test_files_are_checked_without_jax_and_forged_ones_refused(tmp_path, network, start):
    made = saved(tmp_path, network, start)
    code = (
        "import sys, pathlib; from certify.certificate import check\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).glob('*.json')): check(path)\n"
        "assert 'jax' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    for kind, certificate in made.items():
        stored = read_certificate(tmp_path / f"{kind}.json")
        claims = certificate.claims
        narrow = replace(claims[-1], enclosure=Enclosure(1.0, 1.0))
        forged = replace(stored, outcome=replace(stored.outcome, claims=(*claims[:-1], narrow)))
        with pytest.raises(CertificateError, match="prove only"):
            check(forged)
        for witness in ({}, {"bits": "128"}, {"bits": -1}, {"bits": True}, {"bits": 10**9}):
            with pytest.raises(CertificateError):
                check(replace(stored, witness=witness))
        broken = {**stored.problem, "network": {**stored.problem["network"], "labels": np.array([0, 1, 2, 7])}}
        with pytest.raises(CertificateError):
            check(replace(stored, problem=broken))


def test_another_start_or_rate_is_not_proved_by_the_same_certificate(network, start):
    found = certify_descent(network, start, Fraction(1, 10), 5)
    for change in ({"start": start + 1e-6}, {"learning_rate": Fraction(1, 9)}, {"steps": 4}):
        with pytest.raises(CertificateError):
            check(replace(found, problem={**found.problem, **change}))


@pytest.mark.parametrize(
    ("rate", "steps", "change"),
    [(0, 5, {}), (-1, 5, {}), (float("nan"), 5, {}), ("1", 5, {}), (1, 0, {}), (1, 2.5, {}), (1, 5, {"bits": 3})],
)
def test_bad_descents_are_refused(network, start, rate, steps, change):
    with pytest.raises(InputError):
        certify_descent(network, start, rate, steps, **change)


def test_bad_networks_starts_and_stretches_are_refused(network, start):
    for bad in (start[1:], np.full(len(start), np.inf), "start"):
        with pytest.raises(InputError):
            certify_descent(network, bad, 1, 3)
    for stretches in (Stretches(()), Stretches(((3, 3),)), Stretches(((-1, 3),)), Stretches(((0, 3),), ((0, 10**6),))):
        with pytest.raises(InputError):
            certify_orbit_exponent(network, start, start, 1, stretches)
    for change in ({"hidden": 0}, {"classes": 1}, {"labels": np.zeros(4)}, {"inputs": np.zeros((0, 2))}):
        given = {"inputs": network.inputs, "labels": network.labels, "hidden": 2, "classes": 3} | change
        with pytest.raises(InputError):
            ExactNetwork(**given)
    with pytest.raises(InputError):
        prove_null_directions({"network": network.as_data(), "theta": start[1:]}, {"bits": 128})

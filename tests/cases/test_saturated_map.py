"""The map of saturated training: known answers, other shares, errors."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from cases import case
from cases.saturated_map.cycles import SaturatedBalls, proved_losses
from cases.saturated_map.derivation import critical_kappa, derive_critical_kappa, derive_saturated_step
from cases.saturated_map.estimates import SaturatedMap, attracting_cycles, exponents
from certify import Verdict
from certify.arithmetic import Ball
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic.derivation import all_passed

SHARES = (Fraction(39, 120), Fraction(40, 120), Fraction(41, 120))


def precise_cycle_losses(kappa, digits=40):
    """The losses on the cycle that a long orbit in 40 digits from (1, 0, -1) ends on, by mpmath alone."""
    with mpmath.workdps(digits):
        p = [mpmath.mpf(share.numerator) / share.denominator for share in SHARES]
        z = [mpmath.mpf(3), mpmath.mpf(0), mpmath.mpf(-3)]

        def softmax(z):
            powers = [mpmath.exp(entry) for entry in z]
            return [power / sum(powers) for power in powers]

        def step(z):
            return [entry - kappa * (s - share) for entry, s, share in zip(z, softmax(z), p, strict=True)]

        for _ in range(6000):
            z = step(z)
        losses = []
        for _ in range(3):
            losses.append(-sum(share * mpmath.log(s) for share, s in zip(p, softmax(z), strict=True)))
            z = step(z)
        return sorted(losses)


@pytest.mark.parametrize("kappa", [15, 20, 25])
def test_cycle_losses_to_twelve_digits(kappa):
    f = SaturatedMap(np.array([float(share) for share in SHARES]), float(kappa))
    truth = precise_cycle_losses(kappa)
    for cycle in attracting_cycles(f, 16, 3000):
        losses = proved_losses(SaturatedBalls(SHARES, Fraction(kappa)), cycle)
        bounds = sorted(losses, key=lambda enclosure: enclosure.lower)
        if abs(bounds[0].lower - float(truth[0])) < 1e-3:
            for enclosure, value in zip(bounds, truth, strict=True):
                assert mpmath.mpf(enclosure.lower) <= value <= mpmath.mpf(enclosure.upper)
                assert enclosure.upper - enclosure.lower < 1e-14 * enclosure.upper
            return
    pytest.fail("the cycle of the precise orbit was not found")


def test_the_defaults_agree_and_prove_chaos():
    found = crosscheck("saturated-map")
    assert found.agrees
    rows = {row.quantity: row for row in found.rows}
    assert rows["verdict of cycle 1"].certified is Verdict.STABLE
    assert found.certificates["horseshoe"].verdict is Verdict.PROVED
    assert rows["topological entropy"].certified.lower > 0


@pytest.mark.parametrize(
    ("shares", "kappa", "verdict"),
    [("1,1,1", "11/2", "STABLE"), ("1,2", 7, "UNSTABLE"), ("1/10,2/10,3/10,4/10", 4, "STABLE")],
)
def test_other_shares_agree(shares, kappa, verdict):
    found = crosscheck("saturated-map", shares=shares, kappa=kappa, horseshoe="no", transient=500)
    assert found.agrees
    rows = {row.quantity: row for row in found.rows}
    assert rows["verdict at the fixed point"].certified is Verdict[verdict]


def test_the_chaotic_window_is_proved():
    found = case("saturated-map").certified(case("saturated-map").values({"kappa": 10}))
    task = next(task for task in found.tasks if task.kind == "horseshoe")
    assert task.arguments["period"] in (1, 2, 4)


def test_kappa_c_has_25_digits():
    p = [39, 40, 41]
    with mpmath.workdps(40):
        shares = [mpmath.mpf(k) / 120 for k in p]
        minors = sum(a * b for i, a in enumerate(shares) for b in shares[i + 1 :]) * 2  # trace of diag p - p p^T
        product = 3 * shares[0] * shares[1] * shares[2]
        largest = (minors + mpmath.sqrt(minors**2 - 4 * product)) / 2
        rational = [Fraction(k, 120) for k in p]
        import sympy

        exact = critical_kappa([sympy.Rational(share.numerator, share.denominator) for share in rational])
        assert abs(mpmath.mpf(str(exact.evalf(40))) - 2 / largest) < mpmath.mpf(10) ** -30
        assert all_passed(derive_critical_kappa([sympy.Rational(k, 120) for k in p]).verify())


@pytest.mark.parametrize("count", [2, 3, 5])
def test_the_reduction_is_derived(count):
    assert all_passed(derive_saturated_step(count).verify())


def test_slopes_are_the_derivative_of_the_values():
    f, point = SaturatedMap(np.array([0.2, 0.3, 0.5]), 7.0), np.array([[0.3, -0.8]])
    differences = [(f.values(point + h) - f.values(point - h))[0] / 2e-6 for h in np.eye(2)[:, None] * 1e-6]
    assert f.slopes(point)[0] == pytest.approx(np.array(differences).T, abs=1e-7)
    balls = SaturatedBalls((Fraction(1, 5), Fraction(3, 10), Fraction(1, 2)), Fraction(7))
    assert balls.slopes(Ball.exact(point)).mid == pytest.approx(f.slopes(point), abs=1e-12)
    assert balls.values(Ball.exact(point)).mid == pytest.approx(f.values(point), abs=1e-12)


def test_two_classes_have_the_exponents_of_their_scalar_map():
    # With two equal classes u' = u - kappa tanh(u/2): below kappa_c = 4 both views contract at rate 1 - kappa/2.
    f = SaturatedMap(np.array([0.5, 0.5]), 3.0)
    assert exponents(f, 4, 200, 200)[:, 0] == pytest.approx(np.log(0.5), abs=1e-6)


@pytest.mark.parametrize(
    "given",
    [{"kappa": 0}, {"kappa": "1e9"}, {"shares": "1"}, {"shares": "1,-1,2"}, {"shares": "1,0"}, {"horseshoe": "maybe"}],
)
def test_bad_parameters_are_refused(given):
    with pytest.raises(InputError):
        case("saturated-map").values(given)


@pytest.mark.parametrize("kappa", [15, 20, 25])
def test_cycles_that_attract_slowly_are_found_too(kappa):
    """Beside the fast cycle a second one, whose multiplier 0.9976 at kappa = 25 takes thousands of steps to reach."""
    f = SaturatedMap(np.array([float(share) for share in SHARES]), float(kappa))
    cycles = attracting_cycles(f, 48, 2000)
    assert [len(cycle) for cycle in cycles] == [3, 3]
    for cycle in cycles:
        assert np.abs(f.orbit(cycle[:1], 1, 3)[0] - cycle[:1]).max() < 1e-10
        kicked = f.orbit(cycle[:1] + 1e-4, 1, 3 * 4000)[0]
        assert np.abs(kicked - cycle[:1]).max() < 1e-7
        assert proved_losses(SaturatedBalls(SHARES, Fraction(kappa)), cycle) is not None


@pytest.mark.parametrize("kappa", [5.915835836, 5.9158359])
def test_an_orbit_on_its_way_to_the_fixed_point_is_no_cycle(kappa):
    """Within 10^-7 of kappa_c the multiplier is nearly -1: thousands of steps move an orbit by less than 10^-7."""
    f = SaturatedMap(np.array([float(share) for share in SHARES]), kappa)
    assert [cycle for cycle in attracting_cycles(f, 8, 500) if len(cycle) > 1] == []

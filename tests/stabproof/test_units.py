"""The same systems in other units: verdicts and points do not depend on them, nor on how small they are."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp

PAIRS = ((1e-30, 1e-30), (1e-30, 1e30), (1e-12, 1.0), (1.0, 1e12), (1e30, 1e-12))


def scaled(field, units, rate=1.0):
    """x' = rate f(x) in other units: X = units x."""
    units = np.asarray(units)
    return lambda x: units * field(x / units) * rate


def scaled_map(function, units):
    units = np.asarray(units)
    return lambda x: units * function(x / units)


def hopfield(x):
    return -x + 2 * jnp.tanh(x[::-1])


def two_rates(x):
    """A stiff field: rates that differ by 10^3."""
    return jnp.stack([1e3 * (x[0] * (1 - x[0]) - x[1] * (x[0] - 0.01)), x[0] - x[1]])


@pytest.mark.parametrize("units", PAIRS, ids=str)
def test_one_equilibrium(units):
    found = sp.certify_equilibrium(scaled(hopfield, units), np.array(units) * 1.9)
    assert found.verdict is sp.Verdict.STABLE
    assert found.directions == (2, 0, 0)
    np.testing.assert_allclose(found.point / np.array(units), [1.915008048154537] * 2, rtol=1e-14)
    np.testing.assert_allclose(found.eigenvalues.centers.real, [-1.16637209, -0.83362791], rtol=1e-7)
    assert found.number("uniqueness_radius").upper > 1e-3 * min(units)
    saddle = sp.certify_equilibrium(scaled(hopfield, units), np.array(units) * [0.01, -0.02])
    assert saddle.directions == (1, 1, 0)


@pytest.mark.parametrize("rate", [1e-30, 1e30])
def test_the_unit_of_time(rate):
    found = sp.certify_equilibrium(scaled(hopfield, (1.0, 1e-12), rate), [1.9, 1.9e-12])
    assert found.verdict is sp.Verdict.STABLE
    np.testing.assert_allclose(found.eigenvalues.centers.real / rate, [-1.16637209, -0.83362791], rtol=1e-7)


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1.0, 1e30])
def test_what_is_far_is_far_in_every_unit(unit):
    """Zeros at one, two and three units; nothing near ten."""

    def cubic(z):
        return -(z - unit) * (z - 2 * unit) * (z - 3 * unit) / unit**2

    with pytest.raises(sp.InputError, match="no equilibrium was found near x"):
        sp.certify_equilibrium(cubic, [10 * unit])
    found = sp.certify_equilibrium(cubic, [2.05 * unit])
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.point[0] == pytest.approx(2 * unit, rel=1e-14)
    every = sp.all_equilibria(cubic, [(unit / 2, 3.5 * unit)])
    assert every.complete
    np.testing.assert_allclose(every.points.ravel() / unit, [1, 2, 3], rtol=1e-14)
    assert [c.verdict.name for c in every.equilibria] == ["STABLE", "UNSTABLE", "STABLE"]


@pytest.mark.parametrize("total", [3e-30, 3e-10, 3e12])
def test_conserved_totals_of_any_size(total):
    """A + 2X <-> 3X with A + X = T: equilibria at X = 0, T/3, 2T/3 (rates x^2 (T - x) / T^2 - 2/9 x)."""

    def switch(z):
        step = z[0] * z[1] ** 2 / total**2 - 2 / 9 * z[1]
        return jnp.stack([-step, step])

    found = sp.certify_equilibrium(switch, [2 * total / 3, total / 3], subspace=[[1], [-1]])
    assert found.verdict is sp.Verdict.UNSTABLE
    np.testing.assert_allclose(found.point / total, [2 / 3, 1 / 3], rtol=1e-12)
    assert {h.name: h.status.name for h in found.hypotheses}["invariant"] == "PROVED"
    every = sp.all_equilibria(
        switch, [(0, 1.5 * total), (-0.25 * total, total)], subspace=[[1], [-1]], point=[total, 0.0]
    )
    assert every.complete
    np.testing.assert_allclose(every.points / total, [[1 / 3, 2 / 3], [2 / 3, 1 / 3], [1, 0]], rtol=1e-12, atol=1e-12)
    assert every.types == ("stable node", "unstable node", "stable node")
    assert every.unstable_directions == (0, 1, 0)


def test_a_laser_in_si_units():
    """Photons n and carriers N: n' = G (N - N0) n - n / tp, N' = J - N / tn - G (N - N0) n / V.

    Lasing state: N = N0 + 1 / (G tp), n = (J - N / tn) V tp; determinant 1 / tp * G n / V > 0 and negative trace.
    """
    gain, transparency, photon, carrier, pump, volume = 1e-12, 1e24, 1e-12, 1e-9, 3e33, 1e-14

    def laser(z):
        stimulated = gain * (z[1] - transparency) * z[0]
        return jnp.stack([stimulated - z[0] / photon, pump - z[1] / carrier - stimulated / volume])

    point = np.array([(pump - 2e24 / carrier) * volume * photon, 2e24])
    found = sp.certify_equilibrium(laser, point * [1.02, 0.99])
    assert found.verdict is sp.Verdict.STABLE
    np.testing.assert_allclose(found.point, point, rtol=1e-9)
    every = sp.all_equilibria(laser, [(-1e5, 1e9), (1e20, 1e25)])
    assert every.complete
    assert every.types == ("saddle", "stable focus")
    np.testing.assert_allclose(every.points, [[0, 3e24], point], rtol=1e-9, atol=1e-3)


@pytest.mark.parametrize("units", [(1e-30, 1e30), (1e-12, 1.0)], ids=str)
def test_all_equilibria_of_maps_and_flows(units):
    box = [(-3 * u, 3.5 * u) for u in units]
    every = sp.all_equilibria(scaled(hopfield, units), box)
    assert every.complete
    assert [c.directions for c in every.equilibria] == [(2, 0, 0), (1, 1, 0), (2, 0, 0)]
    sp.check(every.certificate)
    euler = sp.all_equilibria(scaled_map(lambda x: x + hopfield(x) / 8, units), box, kind="map")
    assert euler.complete
    assert [c.directions for c in euler.equilibria] == [(2, 0, 0), (1, 1, 0), (2, 0, 0)]


def test_units_are_recorded_and_forged_ones_refused(tmp_path):
    found = sp.certify_equilibrium(scaled(hopfield, (1e-30, 1e30)), [1.9e-30, 1.9e30])
    units = found.witness["units"]
    np.testing.assert_array_equal(np.abs(units["point"] - [-99, 101]) <= 1, True)
    found.save(tmp_path / "units.json")
    assert sp.check(tmp_path / "units.json").verdict is sp.Verdict.STABLE
    wrong = (
        {"point": np.array([5000, 0]), "coordinates": np.array([5000, 0]), "equations": np.array([0, 0])},
        {"point": np.array([1.0, 0]), "coordinates": np.array([1, 0]), "equations": np.array([0, 0])},
        {"point": np.array([1, 0]), "coordinates": np.array([0, 0]), "equations": np.array([0, 0])},
        {"point": np.array([1]), "coordinates": np.array([1]), "equations": np.array([0])},
        {"coordinates": np.array([1, 0])},
        "none",
    )
    for forged in wrong:
        with pytest.raises(sp.CertificateError):
            sp.check(replace(found, witness={**found.witness, "units": forged}))


def test_stiff_rates():
    """The point where x = y and x (1 - x) = x (x - 1/100): x = 101/200, whatever the ratio of the rates."""
    root = 101 / 200
    found = sp.certify_equilibrium(two_rates, [root * 1.01, root * 0.99])
    assert found.point[0] == pytest.approx(root, rel=1e-12)


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1e12])
def test_cycles_and_morse_classes(unit):
    """The 2-cycle of 3.2 x (1 - x) and the class of tanh 2x - (3/2) tanh x, which is C2 [weight below 2]."""
    cycle = sp.certify_periodic_point(lambda v: 3.2 * v * (1 - v / unit), [0.51 * unit], 2)
    assert cycle.verdict is sp.Verdict.STABLE
    exact = (4.2 - (4.2 * 0.2) ** 0.5) / 6.4
    assert cycle.point[0] == pytest.approx(exact * unit, rel=1e-12)
    with pytest.raises(sp.InputError):
        sp.certify_periodic_point(lambda v: 3.2 * v * (1 - v / unit), [10 * unit], 2)
    classed = sp.morse_class(lambda v: jnp.tanh(2 * v[0] / unit) - 1.5 * jnp.tanh(v[0] / unit), [(-3 * unit, 3 * unit)])
    assert classed == "C2"
    # 2 sech^2(2x) = (3/2) sech^2(x), with t = tanh^2 x: 4 (1 - t) = 3 (1 + t)^2
    place = np.arctanh(np.sqrt((np.sqrt(112) - 10) / 6)) * unit
    np.testing.assert_allclose([c.point[0] for c in classed.critical_points], [-place, place], rtol=1e-12)


@pytest.mark.parametrize("unit", [1e-6, 1e-12, 1e6])
def test_minima_in_the_unit_of_the_targets(unit):
    """Targets of 1e-6 do not make 0 a minimum of theta x - y; with them in reach it is found in every unit."""
    inputs = np.array([[1.0], [2.0]])
    problem = sp.Regression(
        lambda p, x: p[0] * x[0] + p[1] * x[0] ** 2, np.zeros(2), inputs, unit * np.array([3.0, 8.0])
    )
    with pytest.raises(sp.InputError, match="not near a minimum"):
        sp.certify_minimum(problem, sp.GradientDescent(0.01))
    near = problem.with_params(unit * np.array([2.001, 0.999]))
    found = sp.certify_minimum(near.with_params(unit * np.array([2.0001, 0.9999])), sp.GradientDescent(0.01))
    assert found.verdict is sp.Verdict.STABLE
    np.testing.assert_allclose(found.witness["point"], unit * np.array([2.0, 1.0]), rtol=1e-12)


def test_the_cube_of_uniqueness_is_measured_in_the_smallest_unit():
    """Two cubics that do not see each other: the neighbours of (1, 1) units are one unit away in one coordinate."""
    units = np.array([1e-30, 1.0])
    found = sp.certify_equilibrium(scaled(lambda z: z * (1 - z) * (z - 2), units), units * 1.01)
    assert found.directions == (0, 2, 0)
    assert 1e-32 < found.number("uniqueness_radius").upper < 1e-30

"""Power iteration against matrices whose spectra are exact."""

from curve_fit import largest_eigenvalue
from hypothesis import given, settings

import stabproof as sp
from stabproof.testing import assert_encloses, assert_spectral_radius_below, strategies


@settings(deadline=None, max_examples=10)
@given(strategies.symmetric_matrices(max_size=5))
def test_a_rayleigh_quotient_is_between_the_extreme_eigenvalues(known):
    found, slack = largest_eigenvalue(known.matrix), 1e-9 * (1 + float(known.spectral_radius))
    assert float(min(known.eigenvalues)) - slack <= found <= float(max(known.eigenvalues)) + slack


@settings(deadline=None, max_examples=10)
@given(strategies.graph_laplacians(min_size=2, max_size=6))
def test_the_largest_eigenvalue_of_a_laplacian(known):
    assert abs(largest_eigenvalue(known.matrix) - float(known.spectral_radius)) <= 1e-2 * float(known.spectral_radius)


@settings(deadline=None, max_examples=10)
@given(strategies.stochastic_matrices(max_size=5))
def test_a_damped_walk_contracts(known):
    """0.5 P has spectral radius exactly 1/2."""
    radius = assert_spectral_radius_below(known.matrix / 2, 0.75)
    assert_encloses(radius, 0.5)
    assert isinstance(radius, sp.Enclosure)

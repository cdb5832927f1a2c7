"""Proofs outside of the Lyapunov engines do not hang on last bits either: moved eigenvalues, vectors and factors give
the same verdicts and counts, and bounds that are as sharp.

The floating routines on which a search or an a posteriori proof rests are replaced by ones whose results are moved by
up to four units in the last place, as other kernels and versions round.
"""

import networkx as nx
import numpy as np
import pytest
import scipy.linalg
import sympy

import stabproof as sp
from certify.certificate import check
from certify.linear_algebra import (
    eigenvalues,
    extreme_pencil_eigenvalues,
    inverse,
    singular_values,
    solve,
    spectral_radius,
    symmetric_eigenvalues,
)

_ULPS = 4
_SHARPER = 4.0  # how much wider than the undisturbed ones bounds may be

x, y = sympy.symbols("x y", real=True)
RNG = np.random.default_rng(7)
GENERAL = RNG.normal(size=(6, 6))
SYMMETRIC = GENERAL + GENERAL.T
BASIS = np.array([[2.0, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]])
DEFECTIVE = (
    np.linalg.inv(BASIS) @ np.array([[0.5, 1, 0, 0], [0, 0.5, 0, 0], [0, 0, -0.25, 1], [0, 0, -1, -0.25]]) @ BASIS
)
MULTIPLE = BASIS @ np.diag([1.0, 1.0, 2.0, 3.0]) @ BASIS.T


def _moved(generator, value):
    if value.dtype.kind == "c":
        return _moved(generator, value.real.copy()) + 1j * _moved(generator, value.imag.copy())
    if value.dtype.kind != "f":
        return value
    scale = np.abs(value).max(axis=-1, keepdims=True, initial=0.0) if value.ndim else np.abs(value)
    return np.asarray(value + generator.integers(-_ULPS, _ULPS + 1, size=value.shape) * np.spacing(scale + 0.0))


def _disturbed(function, generator):
    def call(*arguments, **options):
        found = function(*arguments, **options)
        if not isinstance(found, tuple):
            return _moved(generator, np.asarray(found))
        parts = [_moved(generator, part) if isinstance(part, np.ndarray) else part for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else tuple(parts)

    return call


@pytest.fixture(params=[1, 2, 3])
def disturb(request, monkeypatch):
    """Turns the disturbance on."""

    def on():
        generator = np.random.default_rng(request.param)
        for name in ("eig", "eigh", "eigvals", "eigvalsh", "svd", "solve", "inv", "qr", "lstsq"):
            monkeypatch.setattr(np.linalg, name, _disturbed(getattr(np.linalg, name), generator))
        for name in ("eig", "eigh", "schur"):
            monkeypatch.setattr(scipy.linalg, name, _disturbed(getattr(scipy.linalg, name), generator))

    return on


def _discs(matrix):
    """The counts, and the radii of the discs from the smallest on: conjugate pairs have no order."""
    found = eigenvalues(matrix)
    return tuple(np.sort(found.counts).tolist()), np.sort(found.radii)


def _widths(found):
    return len(found.lower), np.asarray(found.upper - found.lower)


def _certified(certificate):
    enclosures = [c.enclosure for c in certificate.claims if c.enclosure is not None]
    return (certificate.verdict.name, len(enclosures)), np.array([e.width for e in enclosures])


MATRICES = {
    "general": lambda: _discs(GENERAL),
    "defective": lambda: _discs(DEFECTIVE),
    "symmetric": lambda: _widths(symmetric_eigenvalues(SYMMETRIC)),
    "multiple": lambda: _widths(symmetric_eigenvalues((MULTIPLE + MULTIPLE.T) / 2)),
    "singular values": lambda: _widths(singular_values(GENERAL[:4])),
    "radius": lambda: (1, np.array([spectral_radius(DEFECTIVE).width])),
    "pencil": lambda: (2, np.array([e.width for e in extreme_pencil_eigenvalues(SYMMETRIC, MULTIPLE_6)])),
    "inverse": lambda: (6, inverse(GENERAL).rad),
    "solution": lambda: (6, solve(GENERAL, SYMMETRIC[0]).rad),
}
MULTIPLE_6 = np.eye(6) + GENERAL @ GENERAL.T / 8

CERTIFICATES = {
    "flow": lambda: sp.certify_equilibrium([-x + 2 * sympy.tanh(y), -y + 2 * sympy.tanh(x)], [1.9, 1.9]),
    "spiral": lambda: sp.certify_equilibrium([y - x**3, -x - y / 8], [0, 0]),
    "map": lambda: sp.certify_equilibrium([x / 2 + y**2, y / 2 + x], [0, 0], kind="map"),
    "locked": lambda: sp.certify_equilibrium(
        sp.Kuramoto(nx.cycle_graph(5), [0.125, -0.125, 0.0, 0.0, 0.0], 1), np.zeros(5)
    ),
    "cycle": lambda: sp.certify_periodic_point([sympy.Rational(16, 5) * x * (1 - x)], [0.5], 2),
    "enumeration": lambda: sp.all_equilibria([x - x**3, x - y], [(-2, 2), (-2, 2)]).certificate,
}


def _demand_same(found, plain):
    (what, widths), (expected, sharp) = found, plain
    assert what == expected
    finite = np.isfinite(sharp)
    assert np.array_equal(np.isfinite(widths), finite)
    floor = 16 * np.finfo(float).eps
    assert np.all(widths[finite] <= _SHARPER * sharp[finite] + floor * (1 + np.abs(sharp[finite]))), (widths, sharp)


@pytest.mark.parametrize("name", MATRICES)
def test_bounds_of_matrices(name, disturb):
    plain = MATRICES[name]()
    disturb()
    _demand_same(MATRICES[name](), plain)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates(name, disturb):
    """The same verdict and widths, and the certificate of the undisturbed machine is accepted on the other."""
    issued = CERTIFICATES[name]()
    disturb()
    check(issued)
    _demand_same(_certified(CERTIFICATES[name]()), _certified(issued))

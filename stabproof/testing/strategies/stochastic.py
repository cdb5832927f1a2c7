"""Stochastic matrices with exact spectra: rows of non-negative dyadic numbers that sum to one exactly."""

import functools
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from hypothesis import strategies as st

from stabproof.testing.strategies.known import ExactNumber, KnownMatrix
from stabproof.testing.strategies.laplacians import graph_laplacians
from stabproof.testing.strategies.similarity import as_floats, integers, relabelled
from stabproof.testing.strategies.sizes import size_range

_EIGHTHS = 3


def stochastic_matrices(min_size: int = 1, max_size: int = 8) -> st.SearchStrategy[KnownMatrix]:
    """Row-stochastic matrices with known spectra; 1 is always an eigenvalue.

    Absorbing chains (triangular, relabelled), lazy random walks I - L / 2^k on graphs with known spectra, independent
    two-state chains (Kronecker products) and lazy rotations of a cycle (complex spectra). The simplest is [[1]].
    """
    low, high = size_range(min_size, max_size)
    kinds = [_absorbing(low, high), _graph_walks(low, high)]
    kinds += [_two_state_chains(low, high)] if _exponents(low, high) else []
    kinds += [_rotations(max(low, 3), min(high, 6))] if low <= 6 and high >= 3 else []
    return st.one_of(kinds)


@st.composite
def _absorbing(draw: st.DrawFn, low: int, high: int) -> KnownMatrix:
    size = draw(st.integers(low, high))
    unit = 1 << _EIGHTHS
    matrix = integers([[0] * size for _ in range(size)])
    for i in range(size):
        rest = unit
        for j in range(i + 1, size):
            matrix[i, j] = draw(st.integers(0, rest))
            rest -= matrix[i, j]
        matrix[i, i] = rest
    spectrum = tuple(Fraction(matrix[i, i], unit) for i in range(size))
    order = draw(st.permutations(range(size)))
    return KnownMatrix(as_floats(relabelled(matrix, order), _EIGHTHS), spectrum, "absorbing chain")


@st.composite
def _graph_walks(draw: st.DrawFn, low: int, high: int) -> KnownMatrix:
    graph = draw(graph_laplacians(low, high))
    unit = 1 << int(graph.matrix.max()).bit_length() + draw(st.integers(0, 2))
    spectrum = tuple(_one_minus(value, unit) for value in graph.eigenvalues)
    matrix = np.eye(len(graph.matrix)) - graph.matrix / unit
    return KnownMatrix(matrix, spectrum, f"lazy walk: I - L / {unit}, L the {graph.construction}")


@st.composite
def _two_state_chains(draw: st.DrawFn, low: int, high: int) -> KnownMatrix:
    count, unit = draw(st.sampled_from(_exponents(low, high))), 1 << _EIGHTHS
    leave = st.integers(0, unit)
    chains = draw(st.lists(st.tuples(leave, leave), min_size=count, max_size=count))
    factors = [as_floats(integers([[unit - a, a], [b, unit - b]]), _EIGHTHS) for a, b in chains]
    spectrum = [Fraction(1)]
    for a, b in chains:
        spectrum = [x * y for x in spectrum for y in (Fraction(1), 1 - Fraction(a + b, unit))]
    return KnownMatrix(functools.reduce(np.kron, factors), tuple(spectrum), f"{count} independent two-state chains")


@st.composite
def _rotations(draw: st.DrawFn, low: int, high: int) -> KnownMatrix:
    size, move = draw(st.integers(low, high)), draw(st.integers(0, 1 << _EIGHTHS))
    step = Fraction(move, 1 << _EIGHTHS)
    matrix = (1 - float(step)) * np.eye(size) + float(step) * np.roll(np.eye(size), 1, axis=1)
    spectrum = tuple(_rotation_eigenvalue(step, Fraction(2 * k, size)) for k in range(size))
    return KnownMatrix(matrix, spectrum, f"lazy rotation of {size} states")


def _exponents(low: int, high: int) -> list[int]:
    return [k for k in range(1, 6) if low <= 2**k <= high]


def _one_minus(value: ExactNumber, unit: int) -> ExactNumber:
    return 1 - value / unit


@functools.cache
def _rotation_eigenvalue(step: Fraction, turns: Fraction) -> Any:
    """1 - p + p exp(i pi turns)."""
    p, angle = sympy.Rational(step.numerator, step.denominator), sympy.pi * sympy.Rational(*turns.as_integer_ratio())
    value = 1 - p + p * (sympy.cos(angle) + sympy.I * sympy.sin(angle))
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else value

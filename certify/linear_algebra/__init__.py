"""Verified linear algebra: proved bounds for symmetric and general matrices of floats or balls."""

from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.inverse import inverse, is_nonsingular
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.linear_algebra.solve import solve

__all__ = [
    "ComplexBall",
    "inverse",
    "is_nonsingular",
    "is_positive_definite",
    "solve",
]

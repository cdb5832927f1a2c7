"""Verified arithmetic: float64 balls, their products and elementary functions."""

from certify.arithmetic.ball import Ball, ball, hull, unbounded, where
from certify.arithmetic.products import matmul

__all__ = ["Ball", "ball", "hull", "matmul", "unbounded", "where"]

"""The rank of a matrix of exact numbers."""

from typing import Any

from certify.linear_algebra.exact_matrix import exact_integers
from certify.linear_algebra.matrix_input import matrix_ball
from foundation import InputError


def rank(matrix: Any) -> int:
    """The rank of an (m, n) matrix of exact numbers (integers, rationals, floats taken as they are), exactly.

    By elimination in integers. Raises `InputError` for a ball matrix with a radius, whose matrices may differ in
    rank (`singular_values` tells how many singular values are proved to be above 0), and for matrices beyond
    about 150 rows and columns of 53-bit entries.
    """
    given = matrix_ball(matrix)
    exact = exact_integers(matrix)
    if exact is None:
        raise InputError(
            f"the rank is decided for exact real matrices up to about 150 x 150, but this one has shape {given.shape}"
            f"{'' if given.is_exact else ' and entries that are balls'}; singular_values bounds it from below"
        )
    return int(exact[0].rank())

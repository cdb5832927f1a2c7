"""Values of Chebyshev polynomials, for the collocation of a trial function."""

from flint import arb


def chebyshev_values(degree: int, x: arb) -> list[arb]:
    """T_0(x), ..., T_degree(x) by the three-term recurrence: the radii grow by at most 1 + sqrt 2 a step."""
    values = [arb(1), x]
    twice = 2 * x
    for _ in range(degree - 1):
        values.append(twice * values[-1] - values[-2])
    return values[: degree + 1]

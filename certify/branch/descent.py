"""Gradient descent as a map with its learning rate as the parameter: theta - eta g(theta), eigenvalues
1 - eta lambda."""

import numpy as np

from certify.arithmetic import Ball
from certify.branch.counting import UNDECIDED
from certify.linear_algebra import symmetric_eigenvalues, two_norm_bound
from certify.program import Program, Signature
from certify.program.builder import Builder


def descent_map(gradient: Program) -> Program:
    """The program (theta, eta) (n + 1,) -> theta - eta g(theta), for a program g (n,) -> (n,)."""
    builder, size = Builder(), gradient.inputs[0].size
    z = builder.input(Signature((size + 1,)))
    theta, rate = (
        builder.emit("slice", z, starts=(low,), limits=(high,), strides=(1,))
        for low, high in ((0, size), (size, size + 1))
    )
    slope = builder.inline(gradient, [theta])[gradient.outputs[0]]
    step = builder.emit("mul", builder.emit("reshape", rate, shape=()), slope)
    return builder.program([builder.emit("sub", theta, step)])


def unstable_in_descent(slopes: Ball, rates: Ball) -> np.ndarray:
    """How many eigenvalues of I - eta G have a modulus above 1, all others one below 1, for all G in the balls
    (N, n, n) and all eta in the balls (N,); -1 where that is not proved: (N,).

    The eigenvalues of G are enclosed apart from eta: a flat direction, near 1 for every rate, is then told from the
    circle by its own curvature, not by that of the sharpest one. Every G, symmetric or not, has its eigenvalues within
    |G - S| of those of a symmetric matrix S, as many near each as S has [Bauer and Fike, Numer. Math. 2 (1960)].
    """
    return np.array([_count(slopes[k], rates[k]) for k in range(len(slopes))], dtype=int)


def _count(slope: Ball, rate: Ball) -> int:
    if not np.isfinite(slope.rad).all():
        return UNDECIDED
    symmetric = (slope.mid + slope.mid.T) / 2
    found, reach = symmetric_eigenvalues(symmetric), two_norm_bound(slope - Ball.exact(symmetric))
    if not np.isfinite(reach):
        return UNDECIDED
    real = 1.0 - rate * Ball.from_bounds(found.lower, found.upper).widened(reach)
    imaginary = rate * Ball(np.zeros(()), np.array(reach))
    squares = real.square() + imaginary.square()
    stable, unstable = squares.upper < 1, squares.lower > 1
    return int(unstable.sum()) if (stable | unstable).all() else UNDECIDED

"""Locked states of a path: no freedom is left for the forces."""

from collections.abc import Sequence
from fractions import Fraction

import sympy

from cases.common.parameters import as_sympy
from symbolic.checks import AllOf, Equal, SignIs, total
from symbolic.derivation import Derivation, Step


def derive_path_flows(excess: Sequence[Fraction], flows: Sequence[Fraction], strength: Fraction) -> Derivation:
    """On a path the coupling across each edge must carry what the oscillators before it lack: no freedom is left.

    strength: the coupling c of a pair, K/M or K/s.
    """
    count = min(len(flows), 5)
    x, y, c, first, second = sympy.symbols("x y c w1 w2", real=True)
    edges = [
        Equal(total(sympy.Integer(0), *(-as_sympy(value) for value in excess[: k + 1])), as_sympy(flows[k]))
        for k in range(count)
    ]
    largest = max(abs(f) for f in flows)
    gap = largest - strength
    relation, words = {
        1: (">", "no state is locked"),
        0: ("==", "there is one, with an edge at a quarter turn"),
        -1: ("<", "there is one"),
    }[(gap > 0) - (gap < 0)]
    steps = (
        Step(
            "On a path the equations of the first k oscillators add up, and inner forces cancel: for k = 2, with the "
            "differences x and y across the first two edges, only the force across the second one is left.",
            reason="sin is odd.",
            check=Equal(
                total(first, c * sympy.sin(x), second, -c * sympy.sin(x), c * sympy.sin(y)),
                first + second + c * sympy.sin(y),
            ),
        ),
        Step(
            "In a locked state the sum is k times the mean frequency, so the force c sin(theta_(k+1) - theta_k) across "
            "the edge k is minus the sum of omega_i - mean over the first k oscillators"
            + (f"; the first {count} edges are shown." if len(flows) > count else "."),
            reason="Addition.",
            check=AllOf(tuple(edges)),
        ),
        Step(
            "A locked state exists exactly when no force exceeds c, the coupling of a pair, in size. "
            f"Here c = {strength}, and the largest force is {largest}: {words}.",
            reason="The range of the sine.",
            check=SignIs(total(as_sympy(largest), -as_sympy(strength)), relation),
        ),
        Step(
            "With all differences below a quarter turn the weight c cos of an edge with the force f = c sin is the "
            "positive square root of c^2 - f^2: positive where |f| < c, and then the locked state is stable.",
            reason="sin^2 + cos^2 = 1.",
            check=Equal((c * sympy.cos(x)) ** 2, c**2 - (c * sympy.sin(x)) ** 2),
        ),
    )
    meaning = ((c, "coupling of a pair, K/M or K/s"), (first, "natural frequency"), (x, "difference across an edge"))
    return Derivation("Locked states of a path", meaning, steps)

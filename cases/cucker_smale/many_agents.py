"""More than two agents: momentum, the decay of the spread of velocities, and a sufficient condition for flocking."""

import itertools

import sympy

from symbolic import Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.checks import at

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, (35); S.-Y. Ha, J.-G. Liu, Commun. Math. Sci. 7 (2009)"


def derive_many_agents() -> Derivation:
    """Three agents in one coordinate show the identities: sums over pairs and coordinates only get longer."""
    v = sympy.symbols("v1:4", real=True)
    pairs = list(itertools.combinations(range(3), 2))
    weights = {pair: sympy.Symbol(f"a{pair[0] + 1}{pair[1] + 1}", nonnegative=True) for pair in pairs}
    pulls = [sympy.Add(*[weights[min(i, j), max(i, j)] * (v[j] - v[i]) for j in range(3) if j != i]) for i in range(3)]
    spread = sympy.Add(*[w * (v[j] - v[i]) ** 2 for (i, j), w in weights.items()])
    coupling, distance, alpha, s, square = sympy.symbols("K D alpha s V", positive=True)
    area = sympy.Integral(1 / (1 + s**alpha), (s, 0, distance))
    return Derivation(
        "More than two agents: a condition under which they flock",
        (
            (v[0], "velocity of an agent, less the mean"),
            (weights[0, 1], "weight (K/M)/(1 + r^alpha) of a pair at the distance r"),
            (square, "sum of the squares of all velocities, less the mean"),
            (distance, "bound of all distances"),
        ),
        (
            Step(
                "The weights are mutual, so that the accelerations add up to zero: the mean velocity is constant, and "
                "we subtract it.",
                reason="Each pair contributes a_ij (v_j - v_i) + a_ij (v_i - v_j).",
                reference=_SOURCE,
                check=Equal(sympy.Add(*pulls), sympy.Integer(0)),
            ),
            Step(
                "The sum V of the squares changes at the rate -2 sum over pairs of a_ij |v_j - v_i|^2.",
                reason="V' = 2 sum of v_i v_i'.",
                check=Equal(sympy.Add(*[2 * v[i] * pulls[i] for i in range(3)]), -2 * spread),
            ),
            Step(
                "For M agents with mean zero the sum over pairs of |v_j - v_i|^2 is M V, and all weights are at least "
                "(K/M)/(1 + D^alpha): so V' <= -2 K V/(1 + D^alpha), D the largest distance.",
                reason="Expansion; the last term is the square of the sum, which is 0.",
                check=Equal(
                    sympy.Add(*[(v[j] - v[i]) ** 2 for i, j in pairs]),
                    3 * sympy.Add(*[x**2 for x in v]) - sympy.Add(*v) ** 2,
                ),
            ),
            Step(
                "No relative velocity is larger than (2 V)^(1/2), so that D grows at most at this rate.",
                reason="2 (v_1^2 + v_2^2) - (v_2 - v_1)^2 = (v_1 + v_2)^2.",
                check=SignIs(2 * (v[0] ** 2 + v[1] ** 2) - (v[1] - v[0]) ** 2, ">="),
            ),
            Step(
                "Hence (2 V)^(1/2) + K F(D) never rises, F the area under 1/(1 + s^alpha): the first term falls at "
                "least at the rate K F'(D) (2 V)^(1/2), and D' <= (2 V)^(1/2).",
                reason="Fundamental theorem.",
                check=DerivativeIs(coupling * area, (distance,), coupling / (1 + distance**alpha)),
            ),
            Step(
                "So all agents flock when (2 V(0))^(1/2) is below K times the area from D(0) to infinity: D stays "
                "bounded, and V falls exponentially. For alpha <= 1 the area is infinite. For two agents (2 V)^(1/2) "
                "is the relative velocity, and the condition is the threshold of above.",
                reason="With two agents the velocities less the mean are +-w/2.",
                check=Equal(at(2 * (v[1] ** 2 + v[2] ** 2), (v[1], -v[0] / 2), (v[2], v[0] / 2)), v[0] ** 2),
            ),
        ),
    )

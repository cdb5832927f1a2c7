"""Interior equilibria of the replicator dynamics are Nash equilibria, and time averages tend to them."""

import sympy

from symbolic import Derivation, Equal, Step
from symbolic.checks import at

TITLE = "Interior equilibria are Nash, and time averages"
_SOURCE = "J. Hofbauer, K. Sigmund, Evolutionary Games and Population Dynamics (1998), theorem 7.6.4 and chapter 11"


def derive_time_averages() -> Derivation:
    """Three strategies show the identities; u_i = (A y)_i are the payoffs against the other player's shares."""
    x = sympy.symbols("x1:4", positive=True)
    u = sympy.symbols("u1:4", real=True)
    common = sympy.Symbol("c", real=True)
    bound, time = sympy.symbols("C T", positive=True)
    p, q, r, s = sympy.symbols("p q r s", positive=True)
    mean = sympy.Add(*[share * payoff for share, payoff in zip(x, u, strict=True)])
    speed = [share * (payoff - mean) for share, payoff in zip(x, u, strict=True)]
    return Derivation(
        TITLE,
        (
            (x[0], "share of a strategy"),
            (u[0], "its payoff against the other player"),
            (common, "payoff that all strategies have in common"),
            (bound, "bound of |log(x_i/x_j)| along the orbit"),
        ),
        (
            Step(
                "The logarithm of a quotient of shares changes at the rate of the difference of the payoffs.",
                reason="x_i' = x_i (u_i - x.u); the mean payoff cancels.",
                reference=_SOURCE,
                check=Equal(at(p / q - r / s, (p, speed[0]), (q, x[0]), (r, speed[1]), (s, x[1])), u[0] - u[1]),
            ),
            Step(
                "So at an equilibrium with all shares positive all strategies have the same payoff c, and every mixed "
                "strategy earns c: nobody gains by another choice, which is a Nash equilibrium.",
                reason="Shares add up to one.",
                check=Equal(mean.subs(dict.fromkeys(u, common), simultaneous=True).subs(x[2], 1 - x[0] - x[1]), common),
            ),
            Step(
                "An orbit that stays away from the boundary has |log(x_i/x_j)| <= C for all times. The average of the "
                "difference of the payoffs up to the time T is the change of this logarithm over T, at most 2 C/T: it "
                "tends to 0. Payoffs are linear in the other player's shares, so that the averaged shares have payoffs "
                "that agree in the limit: they tend to the interior equilibrium where it is the only one. In zero-sum "
                "games the conserved quantity keeps orbits away from the boundary.",
                reason="Fundamental theorem; limit.",
                reference=_SOURCE,
                check=Equal(sympy.Limit(2 * bound / time, time, sympy.oo), sympy.Integer(0)),
            ),
        ),
    )

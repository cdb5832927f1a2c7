"""Reached with positive probability, and stable in the sense of Milnor: the measure theory of both, and the cocycle."""

import sympy

from symbolic import Derivation, DerivativeIs, Equal, Implied, Step
from symbolic.checks import at

MILNOR = "Reached with positive probability, and Milnor stability"
SUPPORT = "Stability under SGD, and the support of the limit law"
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz"

_VOLUME, _CHANCE, _SHARE = sympy.symbols("V N s", nonnegative=True)
_K = sympy.Symbol("k", positive=True)


def derive_milnor() -> Derivation:
    """Propositions 3.3 and 3.4, and when gradient descent is non-singular."""
    pieces = sympy.symbols("v0:3", nonnegative=True)
    eta, h, s, x = sympy.symbols("eta h c x", real=True)
    return Derivation(
        MILNOR,
        (
            (_VOLUME, "volume of the basin: the starts whose iterates converge to the minimum"),
            (_CHANCE, "probability that a random start lies in it"),
            (_SHARE, "volume of the part of the basin where the density of the start is at least 1/k"),
            *((v, "volume of a preimage of the local basin") for v in pieces),
            (eta, "learning rate"),
            (h, "curvature"),
            (s, "quartic coefficient of the loss"),
            (x, "parameter"),
        ),
        (
            *_same_null_sets("basin", f"{_PAPER}, Proposition 3.3"),
            Step(
                "An orbit that converges to the minimum stays in a given neighbourhood from some step m on. So the "
                "basin is the union over m of the preimages of the local basin (the starts that stay and converge). "
                "Where the update is non-singular and the local basin has volume zero, every preimage has volume zero, "
                "and so has the union: three of them show it. A Milnor stable minimum is locally Milnor stable; the "
                "converse holds because the local basin is part of the basin.",
                reason="A measure is at most the sum of the measures of countably many sets that cover.",
                reference=f"{_PAPER}, Proposition 3.4",
                check=Implied(
                    sympy.And(sympy.Add(*pieces) >= _VOLUME, *[v <= 0 for v in pieces]),
                    _VOLUME <= 0,
                ),
            ),
            Step(
                "An update whose Jacobian determinant is a polynomial other than 0 is non-singular: it is a local "
                "diffeomorphism outside of a null set. Along a direction with the loss h x^2/2 + c x^4/4 the "
                "determinant is this polynomial; it vanishes identically only for eta h = 1 and c = 0, where one step "
                "reaches the minimum from everywhere and both notions hold at once.",
                reason="Differentiation; the zeros of a polynomial other than 0 have measure zero.",
                check=DerivativeIs(x - eta * (h * x + s * x**3), (x,), 1 - eta * h - 3 * eta * s * x**2),
            ),
        ),
    )


def derive_support() -> Derivation:
    """The cocycle of SGD, its derivative at an interpolating minimum, and Proposition 3.11."""
    mean = sympy.Symbol("Q", nonnegative=True)
    v, a1, a2, b1, b2 = sympy.symbols("v a1 a2 b1 b2", real=True)
    index = sympy.Symbol("j", integer=True, positive=True)
    factor = sympy.IndexedBase("A")
    whole = sympy.Product(factor[index], (index, 1, 5))
    parts = sympy.Product(factor[index + 3], (index, 1, 2)) * sympy.Product(factor[index], (index, 1, 3))
    first = a1 * v + a2 * v**2
    return Derivation(
        SUPPORT,
        (
            (factor, "A[j]: the step of the j-th batch"),
            (v, "distance to the minimum along a line"),
            (a1, "multiplier of the first step there"),
            (a2, "its second coefficient"),
            (b1, "multiplier of the second step"),
            (b2, "its second coefficient"),
            (mean, "probability that the limit of SGD lies in a neighbourhood V of the minimum in M"),
            (_VOLUME, "volume of the starts from which this happens with positive probability"),
            (_CHANCE, "probability of such a start"),
            (_SHARE, "volume of the starts where density times p is at least 1/k"),
        ),
        (
            Step(
                "n + m steps are m steps, then n steps with the batches that are shifted by m: the cocycle property, "
                "here with n = 2 and m = 3 for the multipliers of one direction.",
                reason="The j-th batch of the shifted sequence is batch j + m.",
                reference=f"{_PAPER}, section 3.4",
                check=Equal(whole, parts),
            ),
            Step(
                "An interpolating minimum is a fixed point of every step. So the derivative of two steps there is the "
                "product of their derivatives at this one point, whatever the higher terms are.",
                reason="Chain rule, along a line.",
                reference=f"{_PAPER}, Theorem 3.12",
                check=Equal(
                    at(sympy.Derivative(b1 * first + b2 * first**2, v), (v, sympy.Integer(0))),
                    a1 * b1,
                ),
            ),
            *_support_steps(mean),
        ),
    )


def _support_steps(mean: sympy.Symbol) -> tuple[Step, Step, Step]:
    """mean: the probability Q that the limit of SGD lies in a neighbourhood."""
    return (
        Step(
            "Let SGD end in V with probability p(theta) from the start theta. Starts and batches are independent, "
            "so the limit lies in V with the mean Q of p over the starts. Where p times the density of the start "
            "is at least 1/k, a part of volume s, this gives Q >= s/k: were Q zero, s would be zero for every k, "
            "and so would the volume of the starts with p > 0.",
            reason="Fubini's theorem; the starts with p > 0 are the union of these parts over k.",
            reference=f"{_PAPER}, (16)",
            check=Implied(sympy.And(_K * mean >= _SHARE, mean <= 0), _SHARE <= 0),
        ),
        Step(
            "Conversely p is at most 1, so Q is at most the probability of a start with p > 0: where this is zero, "
            "Q is.",
            reason="The mean of a function that is at most 1 and vanishes outside of a set.",
            check=Implied(sympy.And(mean <= _CHANCE, _CHANCE <= 0), mean <= 0),
        ),
        Step(
            "The minimum lies in the support of the limit law when Q > 0 for every V, that is, when the volume is "
            "positive for every V: when it is stable in the sense of Definition 3.10 (i). Without the volume there "
            "is no such probability.",
            reason="Where the density is at most k, the probability is at most k times the volume.",
            reference=f"{_PAPER}, Proposition 3.11, which prints (ii) for (i)",
            check=Implied(sympy.And(_CHANCE <= _K * _VOLUME, _VOLUME <= 0), _CHANCE <= 0),
        ),
    )


def _same_null_sets(what: str, reference: str) -> tuple[Step, Step]:
    """A law whose null sets are those of the volume has a positive density."""
    return (
        Step(
            f"The law of the start has a density that is positive almost everywhere. On the part of the {what} where "
            f"it is at least 1/k the probability is at least s/k. Were the probability of the {what} zero, s would be "
            "zero for every k, and so would the volume, which is that of the union of these parts.",
            reason="Radon and Nikodym.",
            reference=reference,
            check=Implied(sympy.And(_SHARE <= _K * _CHANCE, _CHANCE <= 0), _SHARE <= 0),
        ),
        Step(
            f"If the {what} has volume zero, then the probability is zero: where the density is at most k, it is at "
            "most k times the volume. So the minimum is reached with positive probability if and only if it is Milnor "
            "stable.",
            reason="The union over k again.",
            reference=reference,
            check=Implied(sympy.And(_CHANCE <= _K * _VOLUME, _VOLUME <= 0), _CHANCE <= 0),
        ),
    )

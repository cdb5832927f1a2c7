"""The Kullback-Leibler divergence of a Boltzmann machine from data, and its gradient, exactly."""

import itertools

import sympy

from symbolic.checks import AllOf, DerivativeIs, Equal, SignIs, at
from symbolic.derivation import Derivation, Step

_HINTON = "D. Ackley, G. Hinton, T. Sejnowski, Cognitive Science 9 (1985), appendix"


def derive_learning_rule() -> Derivation:
    """d KL / d a_12 = E+ v_1 v_2 - E- v_1 v_2 on two visible neurons and a hidden one, with symbolic weights."""
    weights = sympy.symbols("a12 a13 a23", real=True)
    biases = sympy.symbols("b1 b2 b3", real=True)
    a12 = weights[0]
    states = list(itertools.product((0, 1), repeat=3))
    gibbs = {v: sympy.exp(-_energy(v, weights, biases)) for v in states}
    total = sympy.Add(*gibbs.values())
    clamped = sympy.Add(*[gibbs[v] for v in states if v[:2] == (1, 1)])
    bond = sympy.Add(*[v[0] * v[1] * gibbs[v] for v in states])
    x = sympy.Symbol("x", positive=True)
    steps = (
        Step(
            "The logarithm of the partition function has the derivative -E- v_1 v_2, the mean of the free machine.",
            reason="Each Boltzmann weight e^{-H} has the derivative -v_1 v_2 e^{-H}.",
            check=DerivativeIs(sympy.log(total), (a12,), -bond / total),
        ),
        Step(
            "With the visible neurons held at (1, 1), the logarithm of the sum over the hidden one has the "
            "derivative -1 = -v_1 v_2, and with another visible state 0: the mean of the held machine.",
            reason="The same sum, over the hidden neuron alone.",
            check=AllOf(
                tuple(_clamped_derivative(gibbs, visible, a12) for visible in itertools.product((0, 1), repeat=2))
            ),
        ),
        Step(
            "KL = sum P+ log P+ - sum P+ (log of the held sum - log of the partition function), so the derivative is "
            "E+ v_i v_j - E- v_i v_j, E+ the mean with the visible neurons drawn from the data. For one data point "
            "(1, 1) it is 1 - E- v_1 v_2; in general the average over the data of such terms.",
            reason="Linearity of the derivative in P+.",
            reference=_HINTON,
            check=DerivativeIs(-sympy.log(clamped / total), (a12,), 1 - bond / total),
        ),
        Step(
            "KL is never negative: log x <= x - 1, because x - 1 - log x is convex with its minimum 0 at x = 1.",
            reason="Second derivative; value and slope at 1. Then sum P+ log(P-/P+) <= sum (P- - P+) = 0.",
            check=AllOf(
                (
                    SignIs(sympy.diff(x - 1 - sympy.log(x), x, 2), ">"),
                    Equal(at(x - 1 - sympy.log(x), (x, sympy.S.One)), sympy.Integer(0)),
                    Equal(at(sympy.Derivative(x - 1 - sympy.log(x), x), (x, sympy.S.One)), sympy.Integer(0)),
                )
            ),
        ),
    )
    meaning = ((a12, "weight between the neurons 1 and 2"), (biases[0], "bias of neuron 1"))
    return Derivation("The learning rule of Boltzmann machines", meaning, steps)


def _energy(state: tuple[int, ...], weights: tuple[sympy.Symbol, ...], biases: tuple[sympy.Symbol, ...]) -> sympy.Expr:
    pairs = itertools.combinations(range(3), 2)
    coupling = sympy.Add(*[a * state[i] * state[j] for a, (i, j) in zip(weights, pairs, strict=True)])
    return coupling + sympy.Add(*[b * value for b, value in zip(biases, state, strict=True)])


def _clamped_derivative(
    gibbs: dict[tuple[int, ...], sympy.Expr], visible: tuple[int, ...], weight: sympy.Symbol
) -> DerivativeIs:
    held = sympy.Add(*[value for state, value in gibbs.items() if state[:2] == visible])
    return DerivativeIs(sympy.log(held), (weight,), sympy.Integer(-visible[0] * visible[1]))

"""Boltzmann machines: exact transition probabilities, stationary laws, detailed balance, and the slips in print.

A machine has M neurons with values 0 and 1, symmetric weights a_ij with a_ii = 0 and biases b_i. Neuron i becomes 1
with probability 1/(1 + e^h_i), h_i(v) = b_i + sum_j a_ij v_j. Everything depends on e^a_ij and e^b_i only, so that
rational values of these make every probability rational.
"""

import itertools
from collections.abc import Sequence

import sympy

from symbolic.checks import AllOf, Equal, SignIs, at, product, total
from symbolic.derivation import Derivation, Step

State = tuple[int, ...]
_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 4.1"


def states(neurons: int) -> list[State]:
    """All states in lexicographic order."""
    return list(itertools.product((0, 1), repeat=neurons))


def field_factors(weights: sympy.MatrixBase, biases: Sequence[sympy.Expr], state: State) -> list[sympy.Expr]:
    """e^h_i(v) for all i, from `weights` (M, M) = e^a_ij and `biases` = e^b_i."""
    active = [j for j, value in enumerate(state) if value]
    return [sympy.Mul(bias, *[weights[i, j] for j in active]) for i, bias in enumerate(biases)]


def transition_matrix(weights: sympy.MatrixBase, biases: Sequence[sympy.Expr], parallel: bool) -> sympy.ImmutableMatrix:
    """P(v, u): all neurons drawn at once, or one neuron, chosen with probability 1/M, at a time."""
    order = states(len(biases))
    rows = [_row(field_factors(weights, biases, state), state, order, parallel) for state in order]
    return sympy.ImmutableMatrix(rows)


def _row(factors: Sequence[sympy.Expr], state: State, order: Sequence[State], parallel: bool) -> list[sympy.Expr]:
    chance = [(factor / (1 + factor), 1 / (1 + factor)) for factor in factors]
    if parallel:
        return [sympy.Mul(*[chance[i][value] for i, value in enumerate(target)]) for target in order]
    row = dict.fromkeys(order, sympy.Integer(0))
    for i in range(len(state)):
        for value in (0, 1):
            row[(*state[:i], value, *state[i + 1 :])] += chance[i][value] / len(state)
    return list(row.values())


def gibbs_weights(
    weights: sympy.MatrixBase, biases: Sequence[sympy.Expr], parallel: bool, coupling_sign: int = 1
) -> list[sympy.Expr]:
    """Unnormalised stationary law: e^{-H}, H = sum b_i v_i + s sum_{i<j} a_ij v_i v_j, s = `coupling_sign`.

    With parallel updates (Little's machine): e^{-sum b_i v_i} prod_i (1 + e^{-h_i(v)}).
    """
    return [_weight(weights, biases, state, parallel, coupling_sign) for state in states(len(biases))]


def _weight(
    weights: sympy.MatrixBase, biases: Sequence[sympy.Expr], state: State, parallel: bool, coupling_sign: int
) -> sympy.Expr:
    active = [i for i, value in enumerate(state) if value]
    bias = sympy.Mul(*[1 / biases[i] for i in active])
    if parallel:
        return bias * sympy.Mul(*[1 + 1 / factor for factor in field_factors(weights, biases, state)])
    return bias * sympy.Mul(*[weights[i, j] ** -coupling_sign for i, j in itertools.combinations(active, 2)])


def derive_detailed_balance() -> Derivation:
    """The energy whose Gibbs law one-at-a-time updates leave invariant, and Little's law for parallel updates."""
    a12, a13, a23, *rest = sympy.symbols("a12 a13 a23 b1 b2 b3 v2 v3", real=True)
    b, (v2, v3) = rest[:3], rest[3:]
    v1, h = sympy.symbols("v1 h", real=True)
    energy = b[0] * v1 + b[1] * v2 + b[2] * v3 + a12 * v1 * v2 + a13 * v1 * v3 + a23 * v2 * v3
    probability = 1 / (1 + sympy.exp(h))
    steps = (
        Step(
            "Switching neuron 1 on costs the energy h_1 = b_1 + sum_j a_1j v_j; the energy has degree one in each "
            "neuron, so with M neurons the sum only gets more terms.",
            reason="Difference of the energy at v_1 = 1 and v_1 = 0.",
            reference=f"{_PAPER}, (22) with the sign of the coupling corrected",
            check=Equal(at(energy, (v1, sympy.S.One)) - at(energy, (v1, sympy.S.Zero)), b[0] + a12 * v2 + a13 * v3),
        ),
        Step(
            "The probability to become 1, times the Gibbs weight of the state with 0, equals the probability to "
            "become 0, times the weight of the state with 1, which is e^{-h} as large: detailed balance.",
            reason="A neuron at a time, the other neurons and hence h_i do not change (a_ii = 0).",
            reference=f"{_PAPER}, (21)",
            check=Equal(probability, sympy.exp(-h) * (1 - probability)),
        ),
        _parallel_step(),
    )
    meaning = ((h, "b_i + sum_j a_ij v_j"), (a12, "weight between neurons 1 and 2"), (b[0], "bias of neuron 1"))
    return Derivation("Stationary laws of the two updates", meaning, steps)


def _parallel_step() -> Step:
    """Detailed balance of Little's machine, on three neurons with symbolic weights, for one pair of states."""
    weights, biases = _symbolic_machine()
    order = states(3)
    law, chain = gibbs_weights(weights, biases, True), transition_matrix(weights, biases, True)
    pairs = [(1, 6), (0, 7), (3, 5), (2, 4)]
    checks = tuple(Equal(law[i] * chain[i, j], law[j] * chain[j, i]) for i, j in pairs)
    return Step(
        "When all neurons are drawn at once, pi(v) P(v, u) = e^{-b.v - b.u - u.A v} up to a constant, which is "
        f"symmetric in v and u: shown for the pairs {', '.join(f'{order[i]}, {order[j]}' for i, j in pairs)} with w = "
        "e^a, c = e^b.",
        reason="The normalisation of row v of P cancels the product in pi(v).",
        reference="W. A. Little, Math. Biosci. 19 (1974); P. Peretto, Biol. Cybern. 50 (1984)",
        check=AllOf(checks),
    )


def _symbolic_machine() -> tuple[sympy.ImmutableMatrix, tuple[sympy.Symbol, ...]]:
    w12, w13, w23, *biases = sympy.symbols("w12 w13 w23 c1 c2 c3", positive=True)
    return sympy.ImmutableMatrix([[1, w12, w13], [w12, 1, w23], [w13, w23, 1]]), tuple(biases)


def derive_sign_erratum() -> Derivation:
    """With the printed energy neither e^{-H} nor e^{+H} is stationary for the printed update of one neuron."""
    a12, a13, v2, v3 = sympy.symbols("a12 a13 v2 v3", real=True)
    b1, v1, a23, b2, b3 = sympy.symbols("b1 v1 a23 b2 b3", real=True)
    pairs = ((v1, v2, a12), (v1, v3, a13), (v2, v3, a23))
    printed = b1 * v1 + b2 * v2 + b3 * v3 - sympy.Add(*[x * y * a for x, y, a in pairs])
    field = b1 + a12 * v2 + a13 * v3
    difference = at(printed, (v1, sympy.S.One)) - at(printed, (v1, sympy.S.Zero))
    weights, biases = _numeric_machine()
    chain = transition_matrix(weights, biases, False)
    steps = (
        Step(
            "With the printed energy switching neuron 1 on costs b_1 - a_12 v_2 - a_13 v_3.",
            reason="Difference of the printed energy at v_1 = 1 and v_1 = 0; the sum over i, j counts each pair twice.",
            reference=f"{_PAPER}, (22)",
            check=Equal(difference, b1 - a12 * v2 - a13 * v3),
        ),
        Step(
            "The printed update (21) needs +-(b_1 + a_12 v_2 + a_13 v_3): the couplings differ with one sign of the "
            "exponent, the bias with the other.",
            reason="Sum and difference.",
            reference=f"{_PAPER}, (21)",
            check=AllOf((Equal(difference - field, -2 * (a12 * v2 + a13 * v3)), Equal(difference + field, 2 * b1))),
        ),
        _not_stationary("e^{-H} of the printed energy", gibbs_weights(weights, biases, False, -1), chain),
        _not_stationary(
            "e^{+H} of the printed energy", [1 / w for w in gibbs_weights(weights, biases, False, -1)], chain
        ),
        _stationary("e^{-H} with the coupling's sign changed", gibbs_weights(weights, biases, False), chain),
    )
    return Derivation("The signs of (21) and (22) disagree: the machine with three neurons", (), steps)


def derive_update_erratum() -> Derivation:
    """Drawing all neurons at once, as printed, does not leave the Boltzmann law invariant."""
    weights, biases = _numeric_machine()
    chain = transition_matrix(weights, biases, True)
    steps = (
        _not_stationary("the Boltzmann law of the energy", gibbs_weights(weights, biases, False), chain),
        _stationary("Little's law e^{-b.v} prod_i (1 + e^{-h_i(v)})", gibbs_weights(weights, biases, True), chain),
        _stationary(
            "the Boltzmann law, under updates of one neuron at a time,",
            gibbs_weights(weights, biases, False),
            transition_matrix(weights, biases, False),
        ),
    )
    return Derivation("(20) updates all neurons at once: the machine with three neurons", (), steps)


def _numeric_machine() -> tuple[sympy.ImmutableMatrix, tuple[sympy.Integer, ...]]:
    """e^a_12 = 2, e^a_13 = 3, e^a_23 = 5, e^b = (2, 3, 1)."""
    weights = sympy.ImmutableMatrix([[1, 2, 3], [2, 1, 5], [3, 5, 1]])
    return weights, (sympy.Integer(2), sympy.Integer(3), sympy.Integer(1))


def _not_stationary(words: str, law: Sequence[sympy.Expr], chain: sympy.ImmutableMatrix) -> Step:
    row = sympy.ImmutableMatrix([list(law)])
    entry = sympy.Add(*[a * b for a, b in zip(row, chain[:, -1], strict=True)], evaluate=False)
    return Step(
        f"On the machine e^a = (2, 3, 5), e^b = (2, 3, 1) {words} is not stationary: one step changes the weight of "
        "the state (1, 1, 1).",
        reason="Exact arithmetic on the chain with eight states.",
        check=SignIs(total(entry, -row[-1]), "!="),
    )


def _stationary(words: str, law: Sequence[sympy.Expr], chain: sympy.ImmutableMatrix) -> Step:
    row = sympy.ImmutableMatrix([list(law)])
    return Step(
        f"On the same machine {words} is stationary: the row of weights, times the chain, is itself.",
        reason="Exact arithmetic on the chain with eight states.",
        check=Equal(product(row, chain), row),
    )

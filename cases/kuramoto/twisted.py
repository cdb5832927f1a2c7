"""Twisted states of equal oscillators: on rings by Fourier modes, all coupled as splay states."""

from fractions import Fraction

import numpy as np
import sympy

from cases.common.parameters import as_sympy
from symbolic.checks import Equal, SignIs, at
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (30)"


def derive_twisted_states(twist: int, nodes: int, largest: sympy.Expr | None = None) -> Derivation:
    """theta_k = 2 pi q k/n on a ring of equal oscillators, and the sign that decides for this q and n.

    largest: the largest eigenvalue for K = 1, where there are more neighbours than one on each side.
    """
    alpha, phi, k = sympy.symbols("alpha phi k", real=True)
    folded = sympy.Rational(twist, nodes)
    cosine = sympy.cos(2 * sympy.pi * folded)
    relation = "==" if 4 * abs(_folded(twist, nodes)) == nodes else (">" if cosine.is_positive else "<")
    words = {">": "stable", "<": "unstable", "==": "neutral to first order: all eigenvalues vanish"}[relation]
    around = 2 * sympy.cos(alpha * k) - sympy.cos(alpha * (k + 1)) - sympy.cos(alpha * (k - 1))
    steps = (
        Step(
            "With equal frequencies the two neighbours of an oscillator pull with opposite forces: the twisted state "
            "is locked.",
            reason="sin is odd.",
            check=Equal(
                sympy.sin(phi * (k + 1) - phi * k) + sympy.sin(phi * (k - 1) - phi * k),
                sympy.Integer(0),
            ),
        ),
        Step(
            "The linearisation is circulant, so Fourier modes are its eigenvectors: along cos(alpha k), alpha = "
            "2 pi m/n, it multiplies by -2 c cos(phi) (1 - cos(alpha)), phi = 2 pi q/n, c the coupling "
            "of a pair: K/M or K/s.",
            reason="Addition theorem.",
            reference="D. Wiley, S. Strogatz, M. Girvan, The size of the sync basin, Chaos 16 (2006)",
            check=Equal(sympy.expand_trig(around), 2 * (1 - sympy.cos(alpha)) * sympy.cos(alpha * k)),
        ),
        Step(
            f"For q = {twist} and n = {nodes} the twisted state is {words}. With |q| <= n/2, to which multiples of n "
            "reduce it, it is stable "
            "for |q| < n/4, neutral to first order at n/4 and unstable beyond.",
            reason="Sign of the cosine.",
            check=SignIs(at(sympy.cos(phi), (phi, sympy.Mul(2, sympy.pi, folded, evaluate=False))), relation),
        )
        if largest is None
        else _largest_step(twist, nodes, largest),
    )
    return Derivation("Twisted states of a ring", ((phi, "difference of neighbours"), (alpha, "wave number")), steps)


def twisted_abscissa(twist: int, nodes: int, strength: sympy.Expr, neighbours: int = 1) -> sympy.Expr:
    """The largest eigenvalue of the linearisation at the q-twisted state of a ring, the rotation's 0 left out.

    neighbours: on each side. For more than one the mode is chosen by floats: which is largest is not proved here.
    """
    cosine = sympy.cos(2 * sympy.pi * sympy.Rational(twist, nodes))
    mode = 1 if cosine >= 0 else nodes // 2
    if neighbours > 1:
        modes, sums = np.arange(1, nodes // 2 + 1), np.zeros(nodes // 2)
        for distance in range(1, neighbours + 1):
            weight = np.cos(2 * np.pi * (twist * distance % nodes) / nodes)
            sums -= weight * (1 - np.cos(2 * np.pi * (modes * distance % nodes) / nodes))
        mode = int(modes[np.argmax(sums)])
    return sympy.Add(*[twisted_eigenvalue(twist, nodes, strength, mode, d) for d in range(1, neighbours + 1)])


def twisted_eigenvalue(twist: int, nodes: int, strength: sympy.Expr, mode: int, distance: int) -> sympy.Expr:
    """What the neighbours at this distance on both sides add to the eigenvalue of a Fourier mode."""
    cosine = sympy.cos(2 * sympy.pi * sympy.Rational(twist * distance, nodes))
    return -2 * strength * cosine * (1 - sympy.cos(2 * sympy.pi * sympy.Rational(mode * distance, nodes)))


def derive_splay_state(twist: int, nodes: int, strength: Fraction) -> Derivation:
    """theta_k = 2 pi q k/M with all pairs coupled: the cosine of the state itself is an unstable direction."""
    x, y, a = sympy.symbols("x y a", real=True)
    c, m = sympy.symbols("c M", positive=True)
    folded = 1 if 2 * twist % nodes == 0 else 2
    turned = (sympy.expand_trig(sympy.sin(x + y)), sympy.expand_trig(sympy.sin(x - y)))
    steps = (
        Step(
            "With a = 2 pi q/M the sum of cos(k a + y) over k = 1, ..., M is 0 for every shift y: 2 sin(a/2) times it "
            "telescopes, by this identity with x = k a + y and y = a/2, and comes back after whole turns. "
            "So all forces cancel: the state is locked, with order parameter 0; and the cosines of the differences to "
            "the others add up to -1. The linearisation has the entries c cos(theta_j - theta_i) off the diagonal, c "
            "the coupling of a pair, and on it minus the sum of the others: all entries are c cos((j - i) a).",
            reason="Addition theorem; a is no multiple of 2 pi.",
            check=Equal(turned[0] - turned[1], 2 * sympy.sin(y) * sympy.cos(x)),
        ),
        Step(
            "It multiplies the vector cos(j a) by c M/2: the products are halves of cos(i a), which stays, and of "
            "cos((2 j - i) a), whose sum over j is 0 unless 2 a is a whole turn, and then as large as the first.",
            reason="Addition theorem, with x = j a and y = i a.",
            reference=_PAPER,
            check=Equal(
                2 * sympy.expand_trig(sympy.cos(x - y)) * sympy.cos(x),
                sympy.cos(y) + sympy.expand_trig(sympy.cos(2 * x - y)),
            ),
        ),
        Step(
            f"For q = {twist}, M = {nodes} and c = {strength} this eigenvalue is positive: the state is unstable, "
            "along a direction that is no rotation. The others are the same once more or 0: the linearisation does not "
            "tell the fate of the states near it whose phases cancel as well.",
            reason="A cosine and a sine span the range.",
            check=SignIs(at(c * m / folded, (c, as_sympy(strength)), (m, sympy.Integer(nodes))), ">"),
        ),
    )
    meaning = ((c, "coupling of a pair, K/M or K/s"), (m, "number of oscillators"), (a, "2 pi q/M"))
    return Derivation("A splay state of oscillators that are all coupled", meaning, steps)


def _largest_step(twist: int, nodes: int, largest: sympy.Expr) -> Step:
    """Neighbours at the distances 1, 2, ... act alike, with j phi and j alpha in place of phi and alpha."""
    side = number_sign(largest)
    words = {-1: "negative: the state is stable", 1: "positive: the state is unstable"}.get(
        side or 0, "0: the linearisation decides nothing"
    )
    return Step(
        "Neighbours at the distance j act alike, with j alpha and j phi, and their eigenvalues add up. For "
        f"q = {twist} and n = {nodes} the largest one is {words}.",
        reason="Sum over the distances.",
        reference="D. Wiley, S. Strogatz, M. Girvan, The size of the sync basin, Chaos 16 (2006)",
        check=SignIs(largest, {-1: "<", 1: ">"}.get(side or 0, "==")),
    )


def _folded(twist: int, nodes: int) -> int:
    """The twist modulo n that is smallest in size."""
    rest = twist % nodes
    return rest if 2 * rest <= nodes else rest - nodes

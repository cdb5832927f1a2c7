"""Kuramoto oscillators: the weighted Laplacian, twisted states of circulants, the critical coupling of three, trees."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import sympy

from cases.common.parameters import as_sympy
from symbolic.checks import (
    AllOf,
    EigenvaluesAre,
    Equal,
    IsRoot,
    JacobianIs,
    RealRootsAre,
    SignIs,
    at,
    total,
)
from symbolic.derivation import Derivation, Step
from symbolic.prove_sign import number_sign

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (30)"


def derive_weighted_laplacian() -> Derivation:
    """Three oscillators with any couplings: the linearisation is minus a Laplacian."""
    phases = sympy.symbols("theta1:4", real=True)
    omega = sympy.symbols("omega1:4", real=True)
    pairs = {(0, 1): sympy.Symbol("a12", real=True), (0, 2): sympy.Symbol("a13", real=True)}
    pairs[(1, 2)] = sympy.Symbol("a23", real=True)
    field = sympy.Matrix(omega)
    laplacian = sympy.zeros(3, 3)
    for (i, j), a in pairs.items():
        field[i] += a * sympy.sin(phases[j] - phases[i])
        field[j] += a * sympy.sin(phases[i] - phases[j])
        weight = a * sympy.cos(phases[j] - phases[i])
        laplacian[i, i] += weight
        laplacian[j, j] += weight
        laplacian[i, j] = laplacian[j, i] = -weight
    delta = sympy.Matrix(sympy.symbols("delta1:4", real=True))
    form = sum(
        (a * sympy.cos(phases[j] - phases[i]) * (delta[j] - delta[i]) ** 2 for (i, j), a in pairs.items()),
        sympy.Integer(0),
    )
    steps = (
        Step(
            "The Jacobian is -L, with L the Laplacian of the weights a_ij cos(theta_j - theta_i).",
            reason="Differentiation; shown for three oscillators, every pair of a larger network acts alike.",
            reference=_PAPER,
            check=JacobianIs(field.as_immutable(), phases, (-laplacian).as_immutable()),
        ),
        Step(
            "Its quadratic form is a sum over pairs: with positive weights on a connected graph only equal shifts of "
            "all phases make it vanish, so that L has one eigenvalue 0 and all others are positive.",
            reason="Expansion.",
            reference="M. Fiedler, Algebraic connectivity of graphs (1973)",
            check=Equal((delta.T * laplacian * delta)[0], form),
        ),
    )
    meaning = ((pairs[(0, 1)], "coupling of a pair"), (omega[0], "natural frequency"), (delta[0], "change of a phase"))
    return Derivation("The linearisation is a weighted Laplacian", meaning, steps)


def derive_twisted_states(twist: int, nodes: int, largest: sympy.Expr | None = None) -> Derivation:
    """theta_k = 2 pi q k/n on a ring of equal oscillators, and the sign that decides for this q and n.

    largest: the largest eigenvalue for K = 1, where there are more neighbours than one on each side.
    """
    alpha, phi, k = sympy.symbols("alpha phi k", real=True)
    cosine = sympy.cos(2 * sympy.pi * sympy.Rational(twist, nodes))
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
            check=SignIs(cosine, relation),
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


def derive_three_oscillators() -> Derivation:
    """omega = (-1, 0, 1), all-to-all coupling K/3: locked states exist exactly for K >= K_c."""
    a, b = sympy.symbols("a b", real=True)
    coupling, c = sympy.Symbol("K", positive=True), sympy.Symbol("c", real=True)
    critical, quadratic = three_oscillators_coupling(), 4 * c**2 + c - 2
    first, third = coupling / 3 * (sympy.sin(a) + sympy.sin(a + b)), coupling / 3 * (sympy.sin(b) + sympy.sin(a + b))
    laplacian = (
        coupling
        / 3
        * sympy.Matrix([[c + 2 * c**2 - 1, -c, 1 - 2 * c**2], [-c, 2 * c, -c], [1 - 2 * c**2, -c, c + 2 * c**2 - 1]])
    )
    steps = (
        Step(
            "With a = theta_2 - theta_1 and b = theta_3 - theta_2 the first and the third oscillator are locked when "
            "these two forces are 1; their difference is K/3 (sin b - sin a), so b = a, or a + b = pi modulo 2 pi.",
            reason="Subtraction.",
            reference=_PAPER,
            check=Equal(third - first, coupling / 3 * (sympy.sin(b) - sympy.sin(a))),
        ),
        *_symmetric_branch(a, c, coupling, quadratic),
        Step(
            "On the branch a + b = pi the condition is K sin a = 3, which needs K >= 3 > K_c: no locked state exists "
            "for K < K_c.",
            reason="Comparison of numbers.",
            check=SignIs(3 - critical, ">"),
        ),
        Step(
            "At a locked state with b = a, c = cos a, the linearisation has the eigenvalues 0, -K c and "
            "-K (c + 2 cos 2a)/3; both of the others are negative for c above (sqrt 33 - 1)/8, where c + 2 cos 2a = "
            "4 c^2 + c - 2 is positive.",
            reason="Eigenvectors (1, 1, 1), (1, -2, 1) and (-1, 0, 1).",
            check=EigenvaluesAre(
                (-laplacian).as_immutable(), ((sympy.Integer(0), 1), (-coupling * c, 1), (-coupling * quadratic / 3, 1))
            ),
        ),
    )
    meaning = ((a, "theta_2 - theta_1"), (b, "theta_3 - theta_2"), (coupling, "coupling; each pair has K/3"))
    return Derivation("The critical coupling of three oscillators", meaning, steps)


def _symmetric_branch(
    a: sympy.Symbol, c: sympy.Symbol, coupling: sympy.Symbol, quadratic: sympy.Expr
) -> tuple[Step, ...]:
    """The branch b = a: the smallest coupling at which it exists."""
    critical = three_oscillators_coupling()
    other, cosine = (-sympy.sqrt(33) - 1) / 8, (sympy.sqrt(33) - 1) / 8

    def square(x: sympy.Expr) -> sympy.Expr:
        return (1 - x**2) * (1 + 2 * x) ** 2

    return (
        Step(
            "On the branch b = a the condition is K (sin a + sin 2a) = 3. With c = cos a the square of sin a + sin 2a "
            "is (1 - c^2)(1 + 2c)^2.",
            reason="Double angle and sin^2 + cos^2 = 1.",
            check=Equal((sympy.sin(a) * (1 + 2 * sympy.cos(a))) ** 2, square(sympy.cos(a))),
        ),
        Step(
            "Its critical points are c = -1/2, where it vanishes, and the roots of 4 c^2 + c - 2.",
            reason="Differentiation and factoring.",
            check=AllOf(
                (
                    Equal(sympy.diff(square(c), c), -2 * (1 + 2 * c) * quadratic),
                    RealRootsAre(quadratic, c, (other, cosine)),
                )
            ),
        ),
        Step(
            "The largest value is taken at c = (sqrt 33 - 1)/8.",
            reason="Comparison of the two values.",
            check=SignIs(square(cosine) - square(other), ">"),
        ),
        Step(
            "There K_c^2 (1 - c^2)(1 + 2c)^2 = 9, and K_c is a root of K^4 - 69 K^2 + 192.",
            reason="Arithmetic with square roots.",
            check=AllOf(
                (
                    Equal(critical**2 * square(cosine), sympy.Integer(9)),
                    IsRoot((coupling**4 - 69 * coupling**2 + 192,), ((coupling, critical),)),
                )
            ),
        ),
    )


def three_oscillators_coupling() -> sympy.Expr:
    """The smallest positive root of K^4 - 69 K^2 + 192."""
    return sympy.sqrt((69 - 11 * sympy.sqrt(33)) / 2)


def three_oscillators_cosine(ratio: Fraction) -> sympy.Expr:
    """cos a of the stable locked state: the largest c with (1 - c^2)(1 + 2c)^2 = 9 ratio^2, ratio = spread/K."""
    c = sympy.Symbol("c")
    target = 9 * sympy.Rational(ratio.numerator, ratio.denominator) ** 2
    return sympy.real_roots(sympy.Poly((1 - c**2) * (1 + 2 * c) ** 2 - target, c))[-1]


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

"""Locked states of phase oscillators theta_i' = omega_i + K sum_j a_ij sin(theta_j - theta_i) on a graph.

With the last phase held, the velocities of all others minus the mean frequency are n - 1 equations for n - 1 phases;
all velocities together sum to n times the mean. The linearisation is symmetric, with the constant vector in its null
space: L - c 1 1^T moves that one eigenvalue to -c n and leaves all others.
"""

from fractions import Fraction

from flint import arb, arb_mat

from recheck.claims import Statement
from recheck.document import BallArray
from recheck.linear import connected, extreme_eigenvalues, inertia, is_positive, row_norm, symmetric
from recheck.newton import Zero, exact_zero
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered
from recheck.program.machine import Work
from recheck.proof import Proof, balls, entry, exact, floats, rational
from recheck.spectra import is_reach, is_size

_MOST_NODES = 200
Entries = list[arb]


class Network:
    """The oscillators as balls: edges (tail, head, K a), frequencies minus their mean, and the mean."""

    def __init__(self, statement: Statement) -> None:
        problem = statement.problem
        tails, heads = (entry(problem, name, Array) for name in ("tails", "heads"))
        weights, frequencies = (entry(problem, name, BallArray) for name in ("weights", "frequencies"))
        coupling = entry(problem, "coupling", Fraction)
        n = len(frequencies.mid.data)
        pairs = list(zip(tails.data, heads.data, strict=False))
        shapes = len(tails.shape) == len(heads.shape) == len(weights.shape) == len(frequencies.shape) == 1
        sound = shapes and tails.dtype == heads.dtype == "int64" and len(tails.data) == len(heads.data)
        if not sound or len(weights.mid.data) != len(pairs) or n < 2 or coupling == 0 or len(set(pairs)) != len(pairs):
            raise BadInput("the network's arrays do not fit together")
        if not all(0 <= i < j < n for i, j in pairs) or not connected(n, pairs):
            raise BadInput("the network's edges are defective, or the graph is not connected")
        NotCovered.when(n > _MOST_NODES, f"networks of {n} oscillators are not covered")
        factor = rational(coupling)
        self.nodes = n
        self.edges = [(i, j, factor * w) for (i, j), w in zip(pairs, balls(weights), strict=True)]
        omega = balls(frequencies)
        self.mean = sum(omega, arb(0)) / n
        self.centred = [_centred(omega, i) for i in range(n)]

    def velocities(self, phases: Entries) -> Entries:
        total = list(self.centred)
        for i, j, weight in self.edges:
            pull = weight * (phases[j] - phases[i]).sin()
            total[i] += pull
            total[j] -= pull
        return total

    def linearisation(self, phases: Entries) -> arb_mat:
        rows = [[arb(0)] * self.nodes for _ in range(self.nodes)]
        for i, j, weight in self.edges:
            slope = weight * (phases[j] - phases[i]).cos()
            rows[i][j] += slope
            rows[j][i] += slope
            rows[i][i] -= slope
            rows[j][j] -= slope
        return symmetric(arb_mat(rows))

    def is_monotone(self, phases: Entries, reach: arb) -> bool:
        """Whether the velocities are strictly monotone, up to rotation, on the phases whose differences along the edges
        are within `reach` of the given ones: a convex set, on which the Laplacian of the least (or largest) slopes
        bounds that of every mean slope. Two locked states there would have the same velocities.
        """
        ranges = []
        for i, j, weight in self.edges:
            turn = phases[j] - phases[i]
            turn = turn - 2 * arb.pi() * (turn / (2 * arb.pi()) + arb(0.5)).mid().floor()
            far, near = (abs(turn) + reach).upper(), (abs(turn) - reach).lower().max(arb(0))
            high = near.cos() if near < arb.pi() else arb(1)
            low = far.cos() if far < arb.pi() else arb(-1)
            ranges.append((i, j, weight * low.union(high)))
        return any(self._definite(ranges, sign) for sign in (1, -1))

    def _definite(self, slopes: list[tuple[int, int, arb]], sign: int) -> bool:
        n = self.nodes
        rows = [[arb(1)] * n for _ in range(n)]
        for i, j, slope in slopes:
            least = (sign * slope).lower()
            rows[i][i] += least
            rows[j][j] += least
            rows[i][j] -= least
            rows[j][i] -= least
        return is_positive(arb_mat(rows))

    def residual(self, free: Entries) -> Entries:
        return self.velocities([*free, arb(0)])[:-1]

    def derivative(self, free: Entries) -> arb_mat:
        full = self.linearisation([*free, arb(0)]).tolist()
        return arb_mat([row[:-1] for row in full[:-1]])


def _centred(omega: Entries, i: int) -> arb:
    n = len(omega)
    return omega[i] * (arb(n - 1) / n) - sum((w for j, w in enumerate(omega) if j != i), arb(0)) / n


def prove_locked_state(statement: Statement, work: Work) -> Proof:
    """The locked state near the witness's phases, or that none exists."""
    network = Network(statement)
    work.spend(len(network.edges) * 1000)
    if "inside" in statement.witness:
        return _cut(statement, network)
    given = exact(floats(statement.witness, "point", (network.nodes,)))
    zero = exact_zero(network.residual, network.derivative, [x - given[-1] for x in given[:-1]])
    phases = [*zero.box, arb(0)]
    proof = _claims(statement, network, given, zero, phases)
    matrix = network.linearisation(phases)
    size = 2 * row_norm(matrix) + 1
    n = network.nodes
    moved = arb_mat(n, n, [matrix[i, j] - size / n for i in range(n) for j in range(n)])
    below, above = inertia(moved)
    proof.values["spectral_abscissa"] = extreme_eigenvalues(moved)[1]
    counts = {"stable": below - 1, "unstable": above, "undecided": 0}
    proof.values |= {f"{name}_directions": arb(count) for name, count in counts.items()}
    proof.verdict = "UNSTABLE" if above else "STABLE"
    proof.proved |= {"hyperbolic", "smooth"}
    proof.needed = {"hyperbolic"}
    return proof


def _claims(statement: Statement, network: Network, given: Entries, zero: Zero, phases: Entries) -> Proof:
    n = network.nodes
    moved = [x - g for x, g in zip(phases, given, strict=True)]
    turn = (sum((m.mid() for m in moved), arb(0)) / n).mid()
    reach = sum(((m - turn) * (m - turn) for m in moved), arb(0)).nonnegative_part().sqrt()
    edge = arb(0)
    for i, j, _ in network.edges:
        edge = edge.max((moved[j] - moved[i]).abs_upper())
    across = sum((x.sin() for x in phases), arb(0))
    along = sum((x.cos() for x in phases), arb(0))
    order = (across * across + along * along).nonnegative_part().sqrt() / n

    def alone(radius: arb) -> bool:
        return bool(edge <= radius) and network.is_monotone(given, radius)

    proof = Proof(bounds={"radius": is_reach(reach), "edge_radius": is_reach(edge)})
    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak.add("uniqueness_radius")
    proof.never_negative.add("order_parameter")
    proof.values |= {"velocity_1": network.mean, "order_parameter": order}
    return proof


def _cut(statement: Statement, network: Network) -> Proof:
    """No locked state: the couplings across the boundary of the set cannot balance its frequencies."""
    inside = entry(statement.witness, "inside", Array)
    BadInput.when(inside.dtype != "bool" or inside.shape != (network.nodes,), "the witness has no set of oscillators")
    total = sum((c for c, mark in zip(network.centred, inside.data, strict=True) if mark), arb(0))
    across = sum((abs(w) for i, j, w in network.edges if inside.data[i] != inside.data[j]), arb(0))
    excess = abs(total) - across
    proof = Proof(values={"excess": excess})
    proof.said["excess"] = {"inside": sum(inside.data), "nodes": network.nodes}
    if excess > 0:
        proof.verdict = "REFUTED"
    return proof

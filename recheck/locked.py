"""Locked states of phase oscillators theta_i' = omega_i + K sum_j a_ij sin(theta_j - theta_i) on a graph.

With the last phase held, the velocities of all others minus the mean frequency are n - 1 equations for n - 1 phases;
all velocities together sum to n times the mean. The linearisation is symmetric, with the constant vector in its null
space: L - c 1 1^T moves that one eigenvalue to -c n and leaves all others.

Large networks: where every slope K a_ij cos(theta_j - theta_i) has one sign near x, the velocities F are strictly
monotone up to rotation: <F(x + v) - F(x), v> <= -m |v|^2 for v of sum 0 (or the same for -F), m from the least slope
and the paths of the graph. With |F(x)| < m r the ball of radius r holds one locked state, within |F(x)|/m of x.
"""

from fractions import Fraction

from flint import arb, arb_mat

from recheck.document import BallArray
from recheck.linear import connected, extreme_eigenvalues, highest, inertia, is_positive, lowest, row_norm, symmetric
from recheck.newton import exact_zero
from recheck.outcome import BadInput, NotCovered, Work
from recheck.proof import Proof, Statement, balls, entry, exact, floats, is_reach, is_size, rational

_MOST_NODES, _MOST_DENSE, _MOST_ROOTS = 4000, 200, 40
Entries = list[arb]


class Network:
    """The oscillators as balls: edges (tail, head, K a), frequencies minus their mean, and the mean."""

    def __init__(self, statement: Statement) -> None:
        problem = statement.problem
        tails = floats(problem, "tails", (None,), "int64").data
        heads = floats(problem, "heads", (len(tails),), "int64").data
        weights, frequencies = (entry(problem, name, BallArray) for name in ("weights", "frequencies"))
        coupling = entry(problem, "coupling", Fraction)
        n, pairs = len(frequencies.mid.data), list(zip(tails, heads, strict=True))
        sound = weights.shape == (len(pairs),) and frequencies.shape == (n,) and n > 1
        BadInput.unless(
            sound and coupling and len(set(pairs)) == len(pairs), "the network's arrays do not fit together"
        )
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
        return -_laplacian(self.nodes, [(i, j, w * (phases[j] - phases[i]).cos()) for i, j, w in self.edges])

    def connectivity(self) -> arb:
        """A number c: the sum of (v_i - v_j)^2 over the edges is at least c |v|^2 for all v of sum 0.

        sum_j (v_r - v_j)^2 = n v_r^2 + |v|^2 for every root r, and along a path of k edges (v_r - v_j)^2 is at most k
        times the sum of its squares. loads: for each edge the lengths of the paths through it, from a few roots.
        """
        beside: list[list[tuple[int, int]]] = [[] for _ in range(self.nodes)]
        for k, (i, j, _) in enumerate(self.edges):
            beside[i].append((j, k))
            beside[j].append((i, k))
        roots, loads = range(0, self.nodes, -(-self.nodes // _MOST_ROOTS)), [0] * len(self.edges)
        for root in roots:
            came, order, lengths = {root: (root, -1)}, [root], {root: 0}
            for i in order:
                for j, k in beside[i]:
                    if j not in came:
                        came[j], lengths[j] = (i, k), lengths[i] + 1
                        order.append(j)
            for j in reversed(order[1:]):
                i, k = came[j]
                loads[k] += lengths[j]
                lengths[i] += lengths[j]
        return arb(len(roots)) / max(loads)

    def slopes(self, phases: Entries, reach: arb) -> list[tuple[int, int, arb]]:
        """The ranges of K a_ij cos(theta_j - theta_i) where the differences are within `reach` of those given."""
        ranges = []
        for i, j, weight in self.edges:
            turn = phases[j] - phases[i]
            turn = turn - 2 * arb.pi() * (turn / (2 * arb.pi()) + arb(0.5)).mid().floor()
            far, near = (abs(turn) + reach).upper(), (abs(turn) - reach).lower().max(arb(0))
            high = near.cos() if near < arb.pi() else arb(1)
            low = far.cos() if far < arb.pi() else arb(-1)
            ranges.append((i, j, weight * low.union(high)))
        return ranges

    def is_monotone(self, phases: Entries, reach: arb) -> bool:
        """Whether the velocities are strictly monotone, up to rotation, on the phases whose differences along the edges
        are within `reach` of the given ones: a convex set, on which the Laplacian of the least (or largest) slopes
        bounds that of every mean slope. Two locked states there would have the same velocities.
        """
        ranges = self.slopes(phases, reach)
        return any(self._definite(ranges, sign) for sign in (1, -1))

    def _definite(self, slopes: list[tuple[int, int, arb]], sign: int) -> bool:
        n = self.nodes
        if n > _MOST_DENSE or all(sign * slope > 0 for *_, slope in slopes):
            return all(sign * slope > 0 for *_, slope in slopes)
        least = _laplacian(n, [(i, j, (sign * slope).lower()) for i, j, slope in slopes])
        return is_positive(least + arb_mat(n, n, [1] * n * n))

    def residual(self, free: Entries) -> Entries:
        return self.velocities([*free, arb(0)])[:-1]

    def derivative(self, free: Entries) -> arb_mat:
        full = self.linearisation([*free, arb(0)]).tolist()
        return arb_mat([row[:-1] for row in full[:-1]])


def _laplacian(n: int, slopes: list[tuple[int, int, arb]]) -> arb_mat:
    """The matrix of sum s_ij (v_i - v_j)^2."""
    rows = [[arb(0)] * n for _ in range(n)]
    for i, j, slope in slopes:
        for k, m in ((i, j), (j, i)):
            rows[k][k] += slope
            rows[k][m] -= slope
    return symmetric(arb_mat(rows))


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
    if network.nodes > _MOST_DENSE:
        return _alike(network, given)
    zero = exact_zero(network.residual, network.derivative, [x - given[-1] for x in given[:-1]])
    phases = [*zero.box, arb(0)]
    proof = _claims(network, given, phases)
    matrix = network.linearisation(phases)
    size = 2 * row_norm(matrix) + 1
    n = network.nodes
    moved = arb_mat(n, n, [matrix[i, j] - size / n for i in range(n) for j in range(n)])
    below, above = inertia(moved)
    return _verdict(proof, extreme_eigenvalues(moved)[1], (below - 1, above))


def _alike(network: Network, given: Entries) -> Proof:
    """The locked state and its spectrum where all slopes have one sign, with bounds of all eigenvalues."""
    n, none = network.nodes, arb(0)
    residual = sum((v * v for v in network.velocities(given)), none).nonnegative_part().sqrt().upper()
    signs = [sign for sign in (1, -1) if all(sign * s > 0 for *_, s in network.slopes(given, none))]
    NotCovered.unless(signs, f"networks of {n} oscillators are covered where all slopes have one sign")
    paths, reach = network.connectivity(), none
    for _ in range(2):
        # differences along edges are at most sqrt(2) times the distance
        slopes = [(i, j, signs[0] * s) for i, j, s in network.slopes(given, 2 * reach)]
        least = lowest(s for *_, s in slopes)
        NotCovered.unless(least > 0, "the slopes near the phases are not proved to have one sign")
        margin, tried = (least * paths).lower(), reach
        reach = 2 * residual / margin + arb(2) ** -100
    NotCovered.unless(residual < margin * tried, "a locked state is not proved near the phases")
    away, edge = (residual / margin).upper(), (residual / (least * margin).sqrt()).upper()
    proof = _claims(network, given, [x + arb(0, away) for x in given], (away, edge))
    degrees = [none] * n
    for i, j, slope in slopes:
        degrees[i] += slope
        degrees[j] += slope
    # M. Fiedler, Czechoslovak Mathematical Journal 23 (1973): the smallest is at most n/(n - 1) times every degree
    most = lowest(d.upper() for d in degrees) * n / (n - 1)
    size = -most.union(margin) if signs[0] > 0 else margin.union(2 * highest(degrees))
    return _verdict(proof, size, (n - 1, 0) if signs[0] > 0 else (0, n - 1))


def _verdict(proof: Proof, abscissa: arb, counts: tuple[int, int]) -> Proof:
    proof.values["spectral_abscissa"] = abscissa
    named = zip(("stable", "unstable", "undecided"), (*counts, 0), strict=True)
    proof.values |= {f"{name}_directions": arb(count) for name, count in named}
    proof.verdict = "UNSTABLE" if counts[1] else "STABLE"
    proof.proved |= {"hyperbolic", "smooth"}
    proof.needed = {"hyperbolic"}
    return proof


def _claims(network: Network, given: Entries, phases: Entries, known: tuple[arb, arb] | None = None) -> Proof:
    n, (reach, edge) = network.nodes, known or (arb(0), arb(0))
    if known is None:
        moved = [x - g for x, g in zip(phases, given, strict=True)]
        turn = (sum((m.mid() for m in moved), arb(0)) / n).mid()
        reach = sum(((m - turn) * (m - turn) for m in moved), arb(0)).nonnegative_part().sqrt()
        edge = highest(abs(moved[j] - moved[i]) for i, j, _ in network.edges)
    along, across = (sum(map(part, phases), arb(0)) for part in (arb.cos, arb.sin))
    order = (across * across + along * along).nonnegative_part().sqrt() / n

    def alone(radius: arb) -> bool:
        return bool(edge <= radius) and network.is_monotone(given, radius)

    proof = Proof(bounds={"radius": is_reach(reach), "edge_radius": is_reach(edge)})
    proof.bounds["uniqueness_radius"] = is_size(alone)
    proof.weak |= {"uniqueness_radius", *(("radius", "edge_radius", "spectral_abscissa") if known else ())}
    proof.never_negative.add("order_parameter")
    proof.values |= {"velocity_1": network.mean, "order_parameter": order}
    return proof


def _cut(statement: Statement, network: Network) -> Proof:
    """No locked state: the couplings across the boundary of the set cannot balance its frequencies."""
    inside = floats(statement.witness, "inside", (network.nodes,), "bool")
    total = sum((c for c, mark in zip(network.centred, inside.data, strict=True) if mark), arb(0))
    across = sum((abs(w) for i, j, w in network.edges if inside.data[i] != inside.data[j]), arb(0))
    excess = abs(total) - across
    words = {"excess": {"inside": sum(inside.data), "nodes": network.nodes}}
    return Proof({"excess": excess}, verdict="REFUTED" if excess > 0 else "", said=words)

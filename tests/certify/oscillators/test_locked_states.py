"""Locked states: containment against high precision, verdicts known in closed form, absence, starved witnesses."""

import math
from dataclasses import replace
from fractions import Fraction

import mpmath
import networkx as nx
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.oscillators import Kuramoto, PhaseNetwork, cut_excess, prove_monotone
from certify.oscillators.newton import NewtonProof, prove_newton
from certify.oscillators.tree import spanning_tree
from foundation import CertificateError, InputError
from numeric.phase_locking import locked_state
from search.oscillators import arrays_of


def random_graph(nodes, edges, seed, weighted=True):
    graph = nx.gnm_random_graph(nodes, edges, seed=seed)
    graph = nx.convert_node_labels_to_integers(graph.subgraph(max(nx.connected_components(graph), key=len)))
    generator = np.random.default_rng(seed)
    if weighted:
        for i, j in graph.edges:
            graph.edges[i, j]["weight"] = float(generator.uniform(0.5, 2))
    return graph, generator.normal(size=len(graph))


def twisted(nodes, twist):
    return 2 * np.pi * twist * np.arange(nodes) / nodes


def aligned(phases, point):
    """Exact phases rotated (in high precision) to the least Euclidean distance from the floats."""
    gap = [p - mpmath.mpf(x) for p, x in zip(phases, point, strict=True)]
    gap = [g - 2 * mpmath.pi * mpmath.nint(g / (2 * mpmath.pi)) for g in gap]
    mean = sum(gap) / len(gap)
    return mpmath.sqrt(sum((g - mean) ** 2 for g in gap))


@pytest.mark.parametrize("seed", range(3))
def test_a_stable_state_contains_the_one_in_high_precision(seed, precise_state):
    graph, frequencies = random_graph(14, 26, seed)
    model = Kuramoto(graph, frequencies, 3)
    found = sp.certify_equilibrium(model)
    network, root = model.network, 0
    phases, eigenvalues = precise_state(
        network.tails, network.heads, network.strengths.mid, frequencies, found.point, root
    )
    with mpmath.workdps(60):
        assert aligned(phases, found.point) <= found.radius
        length = abs(sum(mpmath.expj(p) for p in phases)) / len(phases)
        mean = sum(mpmath.mpf(w) for w in frequencies) / len(frequencies)
        assert found.number("order_parameter").lower <= length <= found.number("order_parameter").upper
        assert found.number("velocity_1").lower <= mean <= found.number("velocity_1").upper
    assert found.verdict is sp.Verdict.STABLE
    assert found.directions == (len(graph) - 1, 0, 0)
    assert found.number("spectral_abscissa").contains(eigenvalues[-2])
    assert eigenvalues[-2] < -1e-3
    # tightness
    assert found.radius < 1e-12
    assert found.number("order_parameter").width < 1e-12
    assert found.number("spectral_abscissa").width < 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_couplings_of_both_signs_have_the_inertia_of_high_precision(seed, precise_state):
    graph, frequencies = random_graph(12, 22, seed + 10)
    model = Kuramoto(graph, 0.05 * frequencies, 1)
    start = np.pi * np.random.default_rng(seed).integers(0, 2, len(graph))
    state = locked_state(arrays_of(model.network), start)
    assert state.converged
    found = sp.certify_equilibrium(model, state.phases)
    network = model.network
    phases, eigenvalues = precise_state(
        network.tails, network.heads, network.strengths.mid, 0.05 * frequencies, found.point, 0
    )
    positive = sum(value > 1e-9 for value in eigenvalues)
    assert 0 < positive < len(graph) - 1
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.directions == (len(graph) - 1 - positive, positive, 0)
    with mpmath.workdps(60):
        assert aligned(phases, found.point) <= found.radius < 1e-10


def test_a_large_sparse_matrix_of_both_signs_goes_through_the_elimination():
    nodes = 800
    phases = np.where(np.arange(nodes) < 5, np.pi, 0.0)
    found = sp.certify_equilibrium(Kuramoto(nx.path_graph(nodes), 0.0, 1), phases)
    # the potential is a sum over edges: one of them is at its maximum, so exactly one direction is unstable
    assert found.directions == (nodes - 2, 1, 0)
    assert found.verdict is sp.Verdict.UNSTABLE


@pytest.mark.parametrize(
    ("twist", "verdict"),
    [
        (0, "STABLE"),
        (1, "STABLE"),
        (24, "STABLE"),
        (-24, "STABLE"),
        (25, "UNDECIDED"),
        (26, "UNSTABLE"),
        (50, "UNSTABLE"),
    ],
)
def test_twisted_states_of_a_ring(twist, verdict):
    nodes = 100
    found = sp.certify_equilibrium(Kuramoto(nx.cycle_graph(nodes), 0.5, 2), twisted(nodes, twist))
    assert found.verdict.name == verdict
    if verdict == "UNDECIDED":
        assert "not separated from 0 on 100" in found.reason
        assert "quarter turn" in found.next_step
        return
    # circulant: -2 K cos(2 pi q/n) (1 - cos(2 pi k/n)), k = 1 and k = n/2
    with mpmath.workdps(40):
        rate = 4 * mpmath.cos(2 * mpmath.pi * twist / nodes)
        exact = -rate * (1 - mpmath.cos(2 * mpmath.pi / nodes)) if verdict == "STABLE" else -2 * rate
        value = found.number("spectral_abscissa")
        assert value.lower <= exact <= value.upper
    assert value.width < 1e-6


def test_twisted_states_of_a_long_ring():
    nodes = 10_000
    model = Kuramoto(nx.cycle_graph(nodes), 0.0, 1)
    verdicts = [sp.certify_equilibrium(model, twisted(nodes, q)).verdict.name for q in (2499, 2500, 2501, -2499)]
    assert verdicts == ["STABLE", "UNDECIDED", "UNSTABLE", "STABLE"]


@pytest.mark.parametrize(
    "graph",
    [
        nx.gnm_random_graph(3000, 12_000, seed=2),
        nx.watts_strogatz_graph(3000, 6, 0.1, seed=1),
        nx.barabasi_albert_graph(3000, 3, seed=1),
        nx.grid_2d_graph(50, 60),
        nx.cycle_graph(3000),
        nx.random_labeled_tree(3000, seed=1),
    ],
    ids=["erdos-renyi", "watts-strogatz", "barabasi-albert", "grid", "ring", "tree"],
)
def test_graphs_of_many_kinds(graph, tmp_path):
    graph = graph.subgraph(max(nx.connected_components(graph), key=len))
    frequencies = np.random.default_rng(3).normal(size=len(graph))
    found = sp.certify_equilibrium(Kuramoto(graph, frequencies, 400))
    assert found.verdict is sp.Verdict.STABLE
    assert found.radius < 1e-7
    assert found.number("spectral_abscissa").upper < 0
    found.save(tmp_path / "state.json")
    assert sp.check(tmp_path / "state.json").directions == (len(graph) - 1, 0, 0)


def test_three_oscillators_at_their_critical_coupling():
    """omega = (-1, 0, 1), coupling K/3: the largest of sin x + sin 2x is 3/K_c, with K_c^4 - 69 K_c^2 + 192 = 0."""
    critical = math.sqrt((69 - math.sqrt(69**2 - 4 * 192)) / 2)
    above = Kuramoto(nx.complete_graph(3), [-1, 0, 1], Fraction(critical * 1.001) / 3)
    assert sp.certify_equilibrium(above).verdict is sp.Verdict.STABLE
    below = Kuramoto(nx.complete_graph(3), [-1, 0, 1], Fraction(critical * 0.999) / 3)
    searched = sp.certify_equilibrium(below)
    assert searched.verdict is sp.Verdict.UNDECIDED
    assert "residual" in searched.reason
    assert "raise the coupling" in searched.next_step
    with pytest.raises(InputError, match="no locked state was found"):
        sp.certify_equilibrium(below, np.zeros(3))


def test_a_tree_locks_exactly_when_its_cuts_can_carry_the_frequencies():
    path = nx.path_graph(3)
    assert sp.certify_equilibrium(Kuramoto(path, [-1, 0, 1], 1.0001)).verdict is sp.Verdict.STABLE
    refused = sp.certify_equilibrium(Kuramoto(path, [-1, 0, 1], 0.9999))
    assert refused.verdict is sp.Verdict.REFUTED
    assert refused.number("excess").contains(Fraction(0.9999).__rsub__(1))
    at_the_fold = sp.certify_equilibrium(Kuramoto(path, [-1, 0, 1], 1), [-np.pi / 2, 0, np.pi / 2])
    assert at_the_fold.verdict is sp.Verdict.UNDECIDED
    assert at_the_fold.reason
    assert at_the_fold.next_step


def test_no_locked_state_across_a_bridge():
    """Two cliques pull apart across one edge, though every single oscillator could follow."""
    graph = nx.barbell_graph(6, 0)
    frequencies = [-0.5] * 6 + [0.5] * 6
    found = sp.certify_equilibrium(Kuramoto(graph, frequencies, 2))
    assert found.verdict is sp.Verdict.REFUTED
    assert found.number("excess").contains(1.0)
    assert found.witness["inside"].sum() == 6
    assert sp.certify_equilibrium(Kuramoto(graph, frequencies, 3.5)).verdict is sp.Verdict.STABLE


def test_frequencies_by_node_and_exact_fractions():
    graph = nx.path_graph(["a", "b", "c"])
    by_node = Kuramoto(graph, {"c": 1.0, "a": -1.0, "b": 0.0}, 2)
    assert by_node.network.frequencies.mid.tolist() == [-1, 0, 1]
    thirds = Kuramoto(graph, [Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)], 1).network
    assert thirds.centred_frequencies.contains(np.zeros(3)).all()
    assert thirds.centred_frequencies.rad.max() < 1e-15
    assert thirds.velocity.contains(1 / 3).all()


def test_the_exact_mean_is_subtracted():
    """1e16 + small numbers: rounding the sum would lose them."""
    frequencies = [1e16, 1.0, -1e16, 3.0]
    network = Kuramoto(nx.path_graph(4), frequencies, 1).network
    assert network.mean_frequency == 1
    centred = network.centred_frequencies
    assert centred[1].contains(0.0)
    assert centred[3].contains(2.0)
    assert centred[3].rad < 1e-15


BAD = {
    "directed": (nx.DiGraph([(0, 1)]), 1.0, 1, "undirected"),
    "disconnected": (nx.Graph([(0, 1), (2, 3)]), 1.0, 1, "2 connected components"),
    "self-loop": (nx.Graph([(0, 1), (1, 1)]), 1.0, 1, "edge to itself"),
    "nan": (nx.path_graph(3), [0, np.nan, 1], 1, "finite"),
    "length": (nx.path_graph(3), [0, 1], 1, "3 nodes"),
    "missing": (nx.path_graph(3), {0: 1.0, 1: 2.0}, 1, "no entry for the node 2"),
    "coupling": (nx.path_graph(3), 0.0, 0, "must not be 0"),
    "infinite": (nx.path_graph(3), 0.0, math.inf, "finite"),
    "text": (nx.path_graph(3), 0.0, "2", "must be a real number"),
    "one node": (nx.empty_graph(1), 0.0, 1, "at least 2 nodes"),
    "no graph": ([[0, 1]], 0.0, 1, "NetworkX"),
    "weights": (nx.Graph([(0, 1, {"weight": np.inf})]), 0.0, 1, "finite"),
    "long weights": (nx.Graph([(0, 1, {"weight": 10**400})]), 0.0, 1, "range of float64"),
    "no weights": (nx.Graph([(0, 1, {"weight": 0.0})]), 0.0, 1, "no edges"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_networks(name):
    graph, frequencies, coupling, message = BAD[name]
    with pytest.raises(InputError, match=message):
        Kuramoto(graph, frequencies, coupling)


def test_bad_calls():
    model = Kuramoto(nx.path_graph(3), 0.0)
    with pytest.raises(InputError, match="holds 2"):
        sp.certify_equilibrium(model, [0.0, 1.0])
    with pytest.raises(InputError, match="finite"):
        sp.certify_equilibrium(model, [0.0, np.nan, 1.0])
    with pytest.raises(InputError, match="flow modulo rotation"):
        sp.certify_equilibrium(model, kind="map")
    with pytest.raises(InputError, match="x is missing"):
        sp.certify_equilibrium(lambda x: x)


def test_phases_far_from_every_locked_state_are_refused():
    with pytest.raises(InputError, match="near x"):
        sp.certify_equilibrium(Kuramoto(nx.path_graph(2), [-1, 1], 1.01), [0.0, -1.3])


@pytest.fixture
def ring():
    graph = nx.cycle_graph(30)
    return sp.certify_equilibrium(Kuramoto(graph, np.sin(np.arange(30.0)), 2))


@pytest.mark.parametrize("change", ["point", "reach", "gap"])
def test_bad_witnesses_decide_nothing(ring, change):
    witness = dict(ring.witness)
    if change == "point":
        witness["point"] = witness["point"] + 1e-3 * np.cos(np.arange(30.0))
    else:
        witness["reach"] = 1e-18 if change == "reach" else 3.0
    poor = issue("locked-state", ring.problem, witness)
    assert poor.verdict is sp.Verdict.UNDECIDED
    assert poor.reason
    assert poor.radius is None


def test_the_proof_moves_with_its_residual(ring):
    """A point off by delta is proved with a radius of at least that, and not by far more."""
    off = 1e-6 * np.cos(np.arange(30.0))
    witness = {"point": ring.point + off, "reach": 1e-2}
    found = issue("locked-state", ring.problem, witness)
    distance = float(np.linalg.norm(off - off.mean()))
    assert distance <= found.radius + ring.radius
    assert found.radius < 100 * distance
    moved = np.abs(np.diff(np.append(off, off[0]))).max()
    assert moved <= found.number("edge_radius").upper < 100 * moved


def forged(certificate, **problem):
    return replace(certificate, problem={**certificate.problem, **problem})


def test_forged_certificates_are_refused(ring):
    outcome = replace(ring.outcome, verdict=sp.Verdict.UNSTABLE)
    with pytest.raises(CertificateError, match="prove STABLE"):
        sp.check(replace(ring, outcome=outcome))
    for problem in (
        {"tails": ring.problem["heads"]},
        {"tails": ring.problem["tails"].astype(float)},
        {"heads": ring.problem["heads"] + 1},
        {"coupling": Fraction(0)},
        {"weights": ring.problem["weights"][:-1]},
        {
            "tails": ring.problem["tails"][2:],
            "heads": ring.problem["heads"][2:],
            "weights": ring.problem["weights"][2:],
        },
    ):
        with pytest.raises(CertificateError):
            sp.check(forged(ring, **problem))
    with pytest.raises(CertificateError):
        sp.check(forged(ring, coupling=Fraction(-2)))
    with pytest.raises(CertificateError):
        sp.check(replace(ring, witness={**ring.witness, "point": np.full(30, np.nan)}))
    with pytest.raises(CertificateError):
        sp.check(replace(ring, witness={**ring.witness, "reach": "1"}))


def test_an_edge_that_is_listed_twice_is_refused():
    """The sum of two edges' numbers would name a third, strong one: oscillator 0 cannot lock with 2 * 0.3 < 2/3."""
    problem = {
        "tails": np.array([0, 0, 1]),
        "heads": np.array([1, 1, 2]),
        "weights": Ball.exact(np.array([0.3, 0.3, 1e6])),
        "frequencies": Ball.exact(np.array([1.0, -0.5, -0.5])),
        "coupling": Fraction(1),
    }
    with pytest.raises(CertificateError, match="defective edges"):
        issue("locked-state", problem, {"point": np.zeros(3), "reach": 0.5})


def test_a_forged_set_is_no_proof():
    refused = sp.certify_equilibrium(Kuramoto(nx.path_graph(3), [-1, 0, 1], 0.9))
    assert isinstance(refused, Certificate)
    assert sp.check(refused).verdict is sp.Verdict.REFUTED
    for inside in (np.array([True, True, True]), np.array([False, True, False])):
        with pytest.raises(CertificateError, match="prove UNDECIDED"):
            sp.check(replace(refused, witness={"inside": inside}))
    with pytest.raises(CertificateError, match="'inside'"):
        sp.check(replace(refused, witness={"inside": np.array([True])}))


def test_an_edge_of_the_other_sign_is_charged_with_its_bypass(precise_state):
    """One weakly repelling chord in a stiff ring: stable, although not all weights are positive."""
    graph = nx.cycle_graph(8)
    for edge in graph.edges:
        graph.edges[edge]["weight"] = 4.0
    graph.add_edge(0, 4, weight=-0.5)
    found = sp.certify_equilibrium(Kuramoto(graph, 0.1 * np.sin(np.arange(8.0)), 1))
    assert found.verdict is sp.Verdict.STABLE
    assert found.theorem.startswith("The velocities are strictly monotone")
    graph.edges[0, 4]["weight"] = -2.5
    # the ring between the ends has the conductance 2, which the chord now outweighs
    unstable = sp.certify_equilibrium(Kuramoto(graph, 0.0, 1), np.zeros(8))
    assert unstable.directions == (6, 1, 0)


def test_the_tree_carries_the_excess_exactly():
    tails, heads = np.array([0, 0, 1, 1]), np.array([1, 2, 3, 4])
    tree = spanning_tree(tails, heads, np.ones(4, bool), 5)
    excess = sp.Ball.exact(np.array([-10.0, 1.0, 2.0, 3.0, 4.0]))
    flow = tree.flow(excess)
    by_edge = {int(edge): flow[node] for node, edge in enumerate(tree.edges) if edge >= 0}
    # the root is the node of the highest degree, 1: the edge (0, 1) carries what 0 and 2 have
    assert np.argmax(tree.edges < 0) == 1
    assert [by_edge[e] for e in range(4)] == pytest.approx([8, 2, 3, 4], rel=1e-14)
    assert all(by_edge[e] >= exact for e, exact in enumerate((8, 2, 3, 4)))
    assert spanning_tree(tails, heads, np.array([True, True, True, False]), 5) is None
    assert tree.heights(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx([1, 0, 3, 3, 4])


def test_the_exact_twist_is_inside(ring):
    """The exact twisted state 2 pi q k/n, whose phases are no floats, lies within the radius."""
    nodes, twist = 60, 7
    found = sp.certify_equilibrium(Kuramoto(nx.cycle_graph(nodes), 0.0, 1), twisted(nodes, twist))
    with mpmath.workdps(60):
        exact = [2 * mpmath.pi * twist * k / nodes for k in range(nodes)]
        distance = aligned(exact, found.point)
    assert 0 < distance <= found.radius < 1e-9


def test_cut_excess_of_a_tree():
    network = Kuramoto(nx.path_graph(3), [-1, 0, 1], Fraction(1, 2)).network
    assert isinstance(network, PhaseNetwork)
    assert cut_excess(network, np.array([True, False, False])).contains(0.5)
    assert cut_excess(network, np.array([False, True, False])).upper < 0


def test_a_reach_beyond_a_quarter_turn_is_refused():
    network = Kuramoto(nx.cycle_graph(5), 0.0, 1).network
    assert not hasattr(prove_monotone(network, np.zeros(5), 1.6), "sign")
    assert prove_monotone(network, np.zeros(5), 1.5).sign == 1


def test_newton_needs_a_small_residual():
    """Phases that are far from locked, with eigenvalues of both signs and none near zero."""
    network = Kuramoto(nx.path_graph(5), 0.0, 1).network
    state = np.array([np.pi, 0.0, 0.0, 0.0, 0.0])
    near, far = (prove_newton(network, state + off * np.array([0, 1.0, 0, -1, 0]), 0.01) for off in (1e-6, 0.3))
    assert isinstance(near, NewtonProof)
    assert near.unstable == 1
    assert not isinstance(far, NewtonProof)
    assert "Newton's condition" in far.reason


@pytest.mark.parametrize("powers", [(0, 0), (-300, 0), (-300, -300), (-150, -150), (300, 300), (-300, 300)])
def test_weak_and_strong_couplings_claim_no_more(powers):
    """The phases of a twisted state are rounded, whatever the unit of time: squares of 2^-600 must not vanish."""
    graph = nx.cycle_graph(12)
    nx.set_edge_attributes(graph, 2.0 ** powers[0], "weight")
    found = sp.certify_equilibrium(Kuramoto(graph, 0.0, Fraction(2) ** powers[1]), twisted(12, 2))
    assert found.verdict is sp.Verdict.STABLE
    with mpmath.workdps(40):
        exact = [mpmath.pi * k / 3 for k in range(12)]
        assert aligned(exact, found.point) <= found.radius < 1e-11
        steps = [mpmath.mpf(b) - mpmath.mpf(a) for a, b in zip(found.point, found.point[1:], strict=False)]
        gaps = [step - mpmath.pi / 3 for step in steps]
        gaps = [gap - 2 * mpmath.pi * mpmath.nint(gap / (2 * mpmath.pi)) for gap in gaps]
        assert max(map(abs, gaps)) <= found.number("edge_radius").upper


@pytest.mark.parametrize(
    "change",
    [
        {"weights": Ball.exact(np.full(30, 2.0**-301))},
        {"weights": Ball.exact(np.full(30, 2.0**301))},
        {"weights": Ball(np.ones(30), np.full(30, 2.0**301))},
        {"frequencies": Ball.exact(np.full(30, 2.0**301))},
        {"frequencies": Ball(np.zeros(30), np.full(30, 2.0**301))},
        {"coupling": Fraction(1, 2**301)},
        {"coupling": -Fraction(2**301)},
    ],
)
def test_numbers_beyond_the_range_in_a_file_are_refused(change):
    tree = Kuramoto(nx.cycle_graph(30), 0.0).network.as_tree()
    assert PhaseNetwork.from_tree(tree).nodes == 30
    with pytest.raises(CertificateError, match="range"):
        PhaseNetwork.from_tree(tree | change)

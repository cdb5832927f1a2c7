"""Large networks of neurons and of oscillators against exact truths; degenerate points and losses with other data."""

import base64
import io
import json
import math
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from flint import arb, arb_mat
from forgeries import sealed
from test_programs import machine

from recheck.compare import compare
from recheck.document import BallArray, Bounds
from recheck.enumeration import prove_morse_class
from recheck.hopfield import prove_hopfield
from recheck.locked import Network, prove_locked_state
from recheck.main import recheck_bytes
from recheck.newton import contracts
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered, Standing, Work
from recheck.proof import Claim, Statement


def floats(values) -> Array:
    values = np.asarray(values, dtype=float)
    return Array(values.shape, "float64", [float(x) for x in values.ravel()])


def whole(values) -> Array:
    return Array((len(values),), "int64", [int(x) for x in values])


def one_neuron(**claims) -> dict[str, Standing]:
    """x' = -x + 2 tanh(x) at its positive equilibrium; the standings of claims (lower, upper) by name."""
    x = 1.9
    for _ in range(60):
        x = 2 * math.tanh(x)
    problem = {"decay": 1.0, "bias": floats([0.0]), "matrix": floats([[2.0]])}
    names = {name: f"hopfield.{name.replace('_', '-')}" for name in claims}
    stated = tuple(Claim(name, Bounds(*claims[name]), names[name], {}) for name in claims)
    statement = Statement("hopfield", "STABLE", "hopfield.contraction", stated, {}, problem, {"point": floats([x])})
    return {line.name: line.standing for line in compare(statement, prove_hopfield(statement, Work()))}


def test_the_eigenvalue_of_one_neuron():
    # at x = 2 tanh(x) the eigenvalue is -1 + 2 (1 - (x/2)^2)
    truth = 1 - 1.9150080481545375**2 / 2
    assert one_neuron(spectral_abscissa=(truth - 1e-12, truth + 1e-12))["spectral_abscissa"] is Standing.CONFIRMED
    for shift in (-0.01, 0.01):
        found = one_neuron(spectral_abscissa=(truth + shift - 1e-3, truth + shift + 1e-3))
        assert found["spectral_abscissa"] is Standing.REFUSED


def test_a_cube_with_a_second_equilibrium_is_no_promise():
    # -x + 2 tanh(x) has the zeros 0 and +-1.915; 2 tanh' < 1 for |x| > 0.882
    assert one_neuron(uniqueness_radius=(0.9, 0.9))["uniqueness_radius"] is Standing.CONFIRMED
    for radius in (1.1, 1.95, 4.0):
        assert one_neuron(uniqueness_radius=(radius, radius))["uniqueness_radius"] is not Standing.CONFIRMED


def test_a_neuron_at_its_unstable_equilibrium_is_not_covered():
    problem = {"decay": 1.0, "bias": floats([0.0]), "matrix": floats([[2.0]])}
    statement = Statement("hopfield", "STABLE", "", (), {}, problem, {"point": floats([0.0])})
    with pytest.raises(NotCovered):
        prove_hopfield(statement, Work())
    # 1 is no equilibrium, and beside it the couplings do not contract
    problem = {"decay": 1.0, "bias": floats([0.0]), "matrix": floats([[-1.2]])}
    with pytest.raises(NotCovered):
        prove_hopfield(Statement("hopfield", "STABLE", "", (), {}, problem, {"point": floats([1.0])}), Work())
    problem = {"decay": -1.0, "bias": floats([0.0]), "matrix": floats([[0.5]])}
    with pytest.raises(BadInput):
        prove_hopfield(Statement("hopfield", "STABLE", "", (), {}, problem, {"point": floats([0.0])}), Work())


def test_a_contraction_is_proved_as_far_as_the_equilibrium_may_be():
    """-x + 0.99 tanh(x) is zero at 0 only. At 0.8 |G(p) - p| is 0.143, and 0.77 bounds the slopes within twice that;
    0.143 / (1 - 0.77) is less than the distance.
    """
    problem = {"decay": 1.0, "bias": floats([0.0]), "matrix": floats([[0.99]])}
    statement = Statement("hopfield", "STABLE", "", (), {}, problem, {"point": floats([0.8])})
    with pytest.raises(NotCovered, match="do not prove a contraction"):
        prove_hopfield(statement, Work())


def test_eigenvalues_of_random_neurons_lie_in_the_bounds():
    rng = np.random.default_rng(5)
    for n in (2, 5, 9):
        matrix, bias = rng.normal(size=(n, n)) * 0.6 / n, rng.normal(size=n)
        x = np.zeros(n)
        for _ in range(300):
            x = (matrix @ np.tanh(x) + bias) / 1.5
        problem = {"decay": 1.5, "bias": floats(bias), "matrix": floats(matrix)}
        statement = Statement("hopfield", "STABLE", "", (), {}, problem, {"point": floats(x)})
        proof = prove_hopfield(statement, Work())
        truth = max(np.linalg.eigvals(matrix * (1 - np.tanh(x) ** 2) - 1.5 * np.eye(n)).real)
        assert proof.values["spectral_abscissa"].contains(arb(truth))
        assert proof.verdict == "STABLE"


def test_a_weighted_norm_below_one():
    assert contracts(arb_mat([[0.5, 100], [0.001, 0.5]]))
    assert contracts(arb_mat([[0.5, 1e12], [1e-14, 0.25]]))
    assert not contracts(arb_mat([[0.5, 0], [0, 2]]))
    assert not contracts(arb_mat([[0.9, 1], [0.1, 0.9]]))
    assert not contracts(arb_mat([[arb(0, 1.01)]]))


def oscillators(graph, frequencies, coupling, point, verdict="STABLE"):
    n, edges = len(graph), sorted((min(e), max(e)) for e in graph.edges)
    ball = lambda x: BallArray(floats(x), floats(np.zeros(len(x))))  # noqa: E731
    problem = {"tails": whole([e[0] for e in edges]), "heads": whole([e[1] for e in edges])}
    problem |= {"weights": ball(np.ones(len(edges))), "coupling": Fraction(coupling)}
    problem["frequencies"] = ball(np.broadcast_to(frequencies, (n,)))
    return Statement("locked-state", verdict, "", (), {}, problem, {"point": floats(point)})


@pytest.mark.parametrize("seed", range(6))
def test_the_connectivity_is_below_the_second_eigenvalue(seed):
    n = [3, 8, 20, 41, 60, 90][seed]
    graph = nx.connected_watts_strogatz_graph(n, min(4, n - 1), 0.3, seed=seed)
    truth = np.linalg.eigvalsh(nx.laplacian_matrix(graph).toarray().astype(float))[1]
    found = float(Network(oscillators(graph, 0.0, 1, np.zeros(n))).connectivity().upper())
    assert truth / 20 < found < truth * (1 + 1e-12)


def test_a_ring_of_two_hundred_and_one():
    """The twisted states of a ring of n: all slopes are cos(2 pi q / n), the eigenvalues those of the cycle."""
    n, ring = 203, nx.cycle_graph(203)
    for turns, verdict in ((20, "STABLE"), (80, "UNSTABLE")):
        slope = math.cos(2 * math.pi * turns / n)
        proof = prove_locked_state(oscillators(ring, 0.0, 1, 2 * np.pi * turns * np.arange(n) / n, verdict), Work())
        sizes = [-slope * (2 - 2 * math.cos(2 * math.pi * k / n)) for k in range(1, n)]
        assert proof.verdict == verdict
        assert proof.values["spectral_abscissa"].contains(arb(max(sizes)))
        assert proof.values["stable_directions"] == (n - 1 if verdict == "STABLE" else 0)
        assert proof.bounds["radius"](Bounds(0.0, 1e-6))
        assert not proof.bounds["radius"](Bounds(0.0, 0.0))


def test_no_locked_state_is_proved_where_there_is_none():
    """Frequencies 1 and -1 on the halves of a ring need a flow of n/4 across two edges, which carry at most 2."""
    n = 240
    frequencies = np.repeat([1.0, -1.0], n // 2)
    with pytest.raises(NotCovered):
        prove_locked_state(oscillators(nx.cycle_graph(n), frequencies, 1, np.zeros(n)), Work())
    with pytest.raises(NotCovered):
        prove_locked_state(oscillators(nx.cycle_graph(n), 0.0, 1, np.resize([0.0, 2.0, 2.5], n)), Work())
    # all slopes are positive within the distance tried, but too small there to balance the residual
    complete = oscillators(nx.complete_graph(202), np.resize([0.359, -0.359], 202), 1, np.zeros(202))
    with pytest.raises(NotCovered, match="is not proved near"):
        prove_locked_state(complete, Work())


def changed(issued, name, change) -> Standing | None:
    plain = json.loads(issued(name).read_text())
    change(plain)
    try:
        return recheck_bytes(sealed(plain)).standing
    except BadInput:
        return None


def test_a_point_is_degenerate_only_where_both_derivatives_vanish(issued):
    def other(plain, text):
        plain["witness"]["degenerate"] = [{"$rational": text}]

    def power(plain, exponent):
        for equation in plain["problem"]["function"]["$program"]["equations"]:
            if equation[0] == "integer_pow":
                equation[2]["exponent"] = exponent

    assert changed(issued, "degenerate", lambda plain: other(plain, ["1", "4"])) is Standing.NOT_COVERED
    assert changed(issued, "degenerate", lambda plain: other(plain, ["7", "3"])) is None
    assert changed(issued, "degenerate", lambda plain: power(plain, 2)) is Standing.NOT_COVERED
    assert changed(issued, "degenerate", lambda plain: power(plain, 1)) is Standing.NOT_COVERED
    assert changed(issued, "degenerate", lambda plain: power(plain, 5)) is Standing.CONFIRMED
    assert changed(issued, "degenerate-value", lambda plain: other(plain, ["1", "8"])) is Standing.NOT_COVERED


def test_a_power_degenerates_where_its_root_is_zero(issued):
    """(x^2 - 2)^3 at the root of 2: not its square, not where the root has no zero, not outside of the box."""

    def power(plain, exponent):
        plain["problem"]["function"]["$program"]["equations"][-1][2]["exponent"] = exponent

    def point(plain, text):
        plain["witness"]["degenerate"]["point"] = [{"$rational": text}]

    def box(plain, side, end):
        stream = io.BytesIO()
        np.save(stream, np.array([end]))
        plain["problem"][side]["$array"] = base64.b64encode(stream.getvalue()).decode()

    assert changed(issued, "degenerate-near", lambda plain: None) is Standing.CONFIRMED
    exact = {"id": "morse.identity", "parameters": {}}
    assert changed(issued, "degenerate-near", lambda plain: plain.update(theorem=exact)) is Standing.REFUSED
    assert changed(issued, "degenerate-near", lambda plain: power(plain, 5)) is Standing.CONFIRMED
    assert changed(issued, "degenerate-near", lambda plain: box(plain, "upper", 1.5)) is Standing.CONFIRMED
    for exponent in (0, 1, 2):
        assert changed(issued, "degenerate-near", lambda plain, e=exponent: power(plain, e)) is Standing.NOT_COVERED
    assert changed(issued, "degenerate-near", lambda plain: point(plain, ["3", "2"])) is Standing.NOT_COVERED
    assert changed(issued, "degenerate-near", lambda plain: box(plain, "lower", 1.5)) is None
    text = ["1414213562373095048801688724209698078569671875376948073177", "10" + "0" * 56]
    assert changed(issued, "degenerate-near", lambda plain: point(plain, text)) is Standing.CONFIRMED


PI = Fraction(31415926535897932384626433832795028841971, 10**40)


def on_the_line(equations, constant=2.0, point=PI, offset=0) -> bool:
    """Whether a degenerate point of f(x, y) is proved near (offset, point), in the box [-1, 1] x [2, 4]."""
    parts = [("slice", [0], {"starts": [k], "limits": [k + 1], "strides": [1]}) for k in range(2)]
    program = machine([("float64", (2,))], [*parts, *equations], constants=[np.array(constant)]).program
    near = {"matrix": [[Fraction(0)], [Fraction(1)]], "offset": [Fraction(offset), Fraction(0)], "point": [point]}
    problem = {"function": program, "lower": floats([-1.0, 2.0]), "upper": floats([1.0, 4.0])}
    try:
        proof = prove_morse_class(Statement("morse-class", "PROVED", "", (), {}, problem, {"degenerate": near}), Work())
    except NotCovered:
        return False
    assert not proof.bounds["degenerate_point"](Bounds(0.0, 1e-22))
    return proof.verdict == "PROVED" and proof.bounds["degenerate_point"](Bounds(0.0, 1e-15))


def test_a_slope_that_vanishes_where_all_others_do():
    """tanh(c x) - 2 tanh(x) + cos(y) at (0, pi): for c = 2 its slope along x and its curvature there are zero."""
    names = [("mul", [2, 1], {}), ("tanh", [4], {}), ("tanh", [2], {}), ("add", [6, 6], {}), ("sub", [5, 7], {})]
    cosine = [("cos", [3], {}), ("add", [8, 9], {}), ("reshape", [10], {"shape": []})]
    assert on_the_line(names + cosine)
    assert not on_the_line(names + cosine, constant=3.0)
    assert not on_the_line(names + cosine, point=Fraction(3))
    assert not on_the_line(names + cosine, offset=Fraction(1, 8))
    # x^2 + cos(y) has a critical point there, and a Hessian of determinant 2
    assert not on_the_line(
        [("square", [2], {}), ("cos", [3], {}), ("add", [4, 5], {}), ("reshape", [6], {"shape": []})]
    )


def test_another_loss_or_another_batch_never_passes(issued):
    def loss(plain, name):
        plain["problem"]["loss"]["name"] = name

    assert changed(issued, "poisson", lambda plain: loss(plain, "logistic")) is Standing.NOT_COVERED
    assert changed(issued, "poisson", lambda plain: plain["problem"].pop("loss")) is not Standing.CONFIRMED
    assert changed(issued, "batched", lambda plain: plain["problem"].pop("batched")) is None

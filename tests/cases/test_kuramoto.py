"""Kuramoto's oscillators: agreement on many graphs, the critical coupling, twisted states, bad input."""

import math

import numpy as np
import pytest
import sympy

from cases.kuramoto.case import CASE
from cases.kuramoto.critical_coupling import coupling_enclosure, fold_enclosure
from cases.kuramoto.derivation import derive_three_oscillators, derive_weighted_laplacian
from cases.kuramoto.system import oscillators_of
from cases.kuramoto.twisted import derive_twisted_states
from certify.enclosure import Enclosure
from certify.kuramoto.twisted import twisted_spectrum
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from stabproof.tasks import run_task
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"coupling": "5/3"},
        {"frequencies": "1/3,2,1/6", "coupling": "1/2"},
        {"graph": "ring", "nodes": 20, "twist": 3},
        {"graph": "ring", "nodes": 20, "twist": -5},
        {"graph": "ring", "nodes": 21, "twist": 8, "scaling": "1"},
        {"graph": "path", "nodes": 3, "coupling": "10"},
        {"graph": "path", "nodes": 2, "frequencies": "1/7,3", "coupling": 5},
        {"graph": "path", "nodes": 3, "coupling": "2"},
        {"graph": "random", "nodes": 30, "neighbours": 2, "scaling": "1", "coupling": 3},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("kuramoto", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_the_critical_coupling_is_the_root():
    """Horner's scheme in exact arithmetic on the two floats: the polynomial changes its sign between them."""
    found = fold_enclosure(1)
    values = [sympy.Rational(x) ** 4 - 69 * sympy.Rational(x) ** 2 + 192 for x in (found.lower, found.upper)]
    assert values[0] > 0 > values[1]
    assert found.width < 1e-14


def test_the_general_bounds_hold_the_root_too():
    """Between a cut and a proved locked state, without knowing the derivation."""
    oscillators = oscillators_of(CASE.values({}))
    bounds = coupling_enclosure(oscillators.model, oscillators.coupling)
    root = math.sqrt((69 - math.sqrt(3993)) / 2)
    assert bounds.lower == pytest.approx(1.5)
    assert root <= bounds.upper < 1.001 * root


def test_a_path_is_bounded_tightly():
    values = CASE.values({"graph": "path", "nodes": 3, "frequencies": "-1,1/4,3/4"})
    oscillators = oscillators_of(values)
    bounds = coupling_enclosure(oscillators.model, oscillators.coupling)
    assert bounds.contains(3)
    assert bounds.width < 1e-3


@pytest.mark.parametrize(("twist", "nodes"), [(3, 12), (2, 12), (5, 12), (0, 7), (3, 7)])
def test_twisted_spectra_are_those_of_the_matrix(twist, nodes):
    strength = {1: sympy.Rational(3, 2), 2: sympy.Rational(1, 3)}
    found = twisted_spectrum(nodes, twist, strength)
    matrix = np.zeros((nodes, nodes))
    for k in range(nodes):
        for distance, weight in strength.items():
            for other in ((k + distance) % nodes, (k - distance) % nodes):
                w = float(weight) * math.cos(2 * math.pi * twist * distance / nodes)
                matrix[k, other] += w
                matrix[k, k] -= w
    expected = np.sort(np.linalg.eigvalsh(matrix))
    centre = int(np.argmin(np.abs(expected)))
    assert np.sort(found.mid) == pytest.approx(np.delete(expected, centre), abs=1e-12)
    assert found.rad.max() < 1e-14


def test_the_neutral_twist_is_exactly_zero():
    assert twisted_spectrum(12, 3, {1: sympy.Rational(1)}).magnitude.max() == 0


def test_derivations_pass_and_a_wrong_one_fails():
    for derivation in (derive_weighted_laplacian(), derive_three_oscillators(), derive_twisted_states(26, 100)):
        assert all_passed(derivation.verify())
    assert Verdict.STABLE is CASE.symbolic(CASE.values({"graph": "ring", "nodes": 9, "twist": 2})).values["verdict"]
    assert Verdict.UNSTABLE is CASE.symbolic(CASE.values({"graph": "ring", "nodes": 9, "twist": 3})).values["verdict"]


@pytest.mark.parametrize(
    "bad",
    [
        {"graph": "star"},
        {"nodes": 1},
        {"nodes": 3, "frequencies": "1,2"},
        {"frequencies": "1,x,2"},
        {"coupling": 0},
        {"twist": 1},
        {"graph": "ring", "nodes": 5, "twist": 1, "frequencies": "1,2,3,4,5"},
        {"graph": "complete", "nodes": 3000},
        {"graph": "ring", "nodes": 4, "neighbours": 2},
        {"scaling": "N"},
        {"coupling": "1e400"},
        {"frequencies": "1e200"},
        {"seed": -1},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("kuramoto", **bad)


@pytest.mark.parametrize(
    ("nodes", "twist", "neighbours"), [(12, -2, 2), (13, 1, 3), (20, 7, 4), (24, 6, 2), (150, 3, 2)]
)
def test_twisted_states_of_rings_with_several_neighbours(nodes, twist, neighbours):
    """The Jacobian of the whole network at the exact state, against the derived and the proved largest eigenvalue."""
    found = crosscheck("kuramoto", graph="ring", nodes=nodes, twist=twist, neighbours=neighbours, frequencies="1/3")
    assert found.agrees, str(found)
    assert not found.failed_steps
    gap = np.subtract.outer(np.arange(nodes), np.arange(nodes)) % nodes
    near = (np.minimum(gap, nodes - gap) <= neighbours) & (gap > 0)
    weights = 2 / nodes * np.where(near, np.cos(2 * np.pi * twist * gap / nodes), 0.0)
    spectrum = np.linalg.eigvalsh(weights - np.diag(weights.sum(axis=1)))
    top = np.delete(spectrum, np.argmin(np.abs(spectrum))).max()
    row = next(row for row in found.rows if row.quantity == "verdict on the exactly twisted state")
    assert row.certified is (Verdict.STABLE if top < 0 else Verdict.UNSTABLE)
    value = next(row for row in found.rows if row.quantity == "largest eigenvalue of the exactly twisted state")
    assert abs(value.certified.midpoint - top) < 1e-12
    assert value.certified.width < 1e-14


def test_below_the_critical_coupling_of_a_triangle_nothing_locks():
    """3/2 is below the root 1.704 of K^4 - 69 K^2 + 192; bounds by cuts cannot tell."""
    rows = {row.quantity: row for row in crosscheck("kuramoto", coupling="3/2").rows}
    assert rows["verdict"].symbolic is Verdict.REFUTED


@pytest.mark.parametrize(("nodes", "twist", "largest"), [(4, 1, 1), (4, 2, 2), (5, 2, 1), (7, 3, 1)])
def test_splay_states_are_unstable(nodes, twist, largest):
    """The linearisation is (K/M) cos(theta_j - theta_i): K/2 twice, or K once for two opposite groups."""
    found = crosscheck("kuramoto", nodes=nodes, twist=twist, frequencies="1/3", coupling=2)
    assert found.agrees
    assert not found.holds
    rows = {row.quantity: row for row in found.rows}
    assert rows["verdict"].symbolic is rows["verdict"].certified is Verdict.UNSTABLE
    assert rows["largest eigenvalue of the exactly twisted state"].certified.contains(largest)
    assert all(row.quantity in found.certified_by for row in found.rows if row.certified is not None)


@pytest.mark.parametrize("parameters", [{"coupling": "8/5"}, {"frequencies": "-1,1/3,1", "coupling": "3/2"}])
def test_below_the_critical_coupling_the_forces_balance_nowhere(parameters):
    """No cut refutes these: 1 < 2 (8/5)/3, and so for every single oscillator of the second."""
    values = CASE.values(parameters)
    (task,) = [task for task in CASE.certified(values).tasks if task.kind == "inequality"]
    certificate = run_task(task)
    assert certificate.verdict is Verdict.PROVED
    assert task.derived(certificate) == {"a locked state exists": Verdict.REFUTED, "verdict": Verdict.REFUTED}


def test_the_critical_coupling_of_a_tree_is_its_largest_flow():
    """Two oscillators: the edge carries 1, and the coupling of the pair is K/2."""
    values = CASE.values({"graph": "path", "nodes": 2, "frequencies": "-1,1"})
    (task,) = [task for task in CASE.certified(values).tasks if task.label == "critical coupling of a tree"]
    assert run_task(task).number("value_1") == Enclosure(2.0, 2.0)

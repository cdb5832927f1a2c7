"""Bounded confidence: opinions attract each other only while they are close, and end in clusters."""

import functools
import itertools
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from cases.common.exact_formulas import over, values_task
from cases.common.parameters import as_float, as_sympy, whole_number
from cases.common.plot import Plot, Series
from cases.common.readers import bounded_rational, bounded_vector
from cases.common.told import counted
from cases.hegselmann_krause.estimates import opinion_path
from cases.model import CertifiedView, Estimate, Known, NumericView, SymbolicView, Task, case_of
from certify.certificate import Certificate
from certify.opinions import Limits, opinion_limits
from certify.verdict import Verdict
from foundation import InputError
from symbolic import Check, Definition, Derivation, DerivativeIs, Equal, SignIs, Step
from symbolic.checks import total

_SOURCE = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks, (34)"
_CLUSTERS = "number of clusters"
_PROOF = "limits of all agents"
_CONSENSUS = "all agents agree in the end"
_VELOCITY = "velocity of agent 1 at the start, K = 1"
_MOST_COMPARED = 24


_limits = functools.lru_cache(maxsize=16)(opinion_limits)


def _thresholds(values: Mapping[str, Any]) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """c and d for each agent: one number stands for all."""
    size = len(values["start"])
    found = []
    for name in ("below", "above"):
        given = values[name]
        if len(given) not in (1, size):
            raise InputError(
                f"{name} must hold 1 or {size} numbers, as many as there are agents, but holds {len(given)}"
            )
        found.append(given * size if len(given) == 1 else given)
    return found[0], found[1]


def _pulls(values: Mapping[str, Any]) -> list[Fraction]:
    """x_j(0) - x_1(0) for the agents that agent 1 listens to at the start; thresholds belong to the range."""
    start, (below, above) = values["start"], _thresholds(values)
    return [x - start[0] for x in start[1:] if -below[0] <= x - start[0] <= above[0]]


def _name(agent: int) -> str:
    return f"limit of agent {agent + 1}"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    start, (below, above) = values["start"], _thresholds(values)
    found = _limits(start, below, above)
    exact: dict[str, Any] = {_VELOCITY: as_sympy(sum(_pulls(values), Fraction(0)) / len(start))}
    steps: list[Step] = []
    if isinstance(found, Limits):
        exact[_CLUSTERS] = sympy.Integer(int(found.clusters.max()) + 1)
        exact[_CONSENSUS] = Verdict.PROVED if exact[_CLUSTERS] == 1 else Verdict.REFUTED
        if found.exact is not None:
            exact |= {_name(k): as_sympy(value) for k, value in enumerate(found.exact[:_MOST_COMPARED])}
            steps = _cluster_steps(start, found)
    return SymbolicView((_conservation(), *_clusters(steps)), exact)


def _conservation() -> Derivation:
    """Mutual listening conserves the mean; a complete group contracts to it at the rate K m / M."""
    x, a = sympy.symbols("x1:4", real=True), sympy.symbols("a12 a13 a23", real=True)
    weights = {(0, 1): a[0], (0, 2): a[1], (1, 2): a[2]}
    field = [sympy.Add(*[weights[min(i, j), max(i, j)] * (x[j] - x[i]) for j in range(3) if j != i]) for i in range(3)]
    rate, time, members, agents = sympy.symbols("K t m M", positive=True)
    mean, deviation = sympy.symbols("mu delta", real=True)
    opinion = mean + deviation * sympy.exp(-rate * members * time / agents)
    name = sympy.Symbol("u")
    return Derivation(
        "Means are conserved, and a group in which all listen to each other contracts",
        ((x[0], "opinions"), (rate, "coupling"), (agents, "number of agents"), (members, "agents in the group")),
        (
            Step(
                "With mutual weights the velocities of three agents add up to zero; so for any number, pair by pair.",
                reason="Each pair contributes a_ij (x_j - x_i) + a_ij (x_i - x_j).",
                check=Equal(sympy.Add(*field), sympy.Integer(0)),
            ),
            Step("An opinion in a complete group with mean mu.", reason="Definition.", check=Definition(name, opinion)),
            Step(
                "It solves x' = (K/M) sum_j (x_j - x) = (K m/M) (mu - x): all gaps in the group shrink, so all keep "
                "listening, and the limit is the mean.",
                reason="Differentiation.",
                reference=_SOURCE,
                check=DerivativeIs(name, (time,), rate * members / agents * (mean - name)),
            ),
        ),
    )


def _cluster_steps(start: tuple[Fraction, ...], found: Limits) -> list[Step]:
    steps = []
    for k in range(min(int(found.clusters.max()) + 1, _MOST_COMPARED)):
        members = [i for i in range(len(start)) if found.clusters[i] == k]
        terms = [as_sympy(start[i]) for i in members]
        mean = sympy.Mul(sympy.Rational(1, len(members)), sympy.Add(*terms, evaluate=False), evaluate=False)
        assert found.exact is not None
        check: Check = Equal(mean, as_sympy(found.exact[members[0]]))
        agents = ", ".join(str(i + 1) for i in members)
        if len(members) > 1:  # an agent alone keeps its opinion, which needs no step
            words = f"Agents {agents} end at the mean of their first opinions."
            steps.append(Step(words, reason="Conservation.", check=check))
    exact = sorted(set(found.exact or ()))
    for left, right in itertools.pairwise(exact[:_MOST_COMPARED]):
        steps.append(
            Step(
                "Neighbouring clusters differ.",
                reason="Order.",
                check=SignIs(total(as_sympy(right), -as_sympy(left)), ">"),
            )
        )
    return steps


def _clusters(steps: list[Step]) -> tuple[Derivation, ...]:
    return (Derivation("The clusters", (), tuple(steps)),) if steps else ()


def _numeric(values: Mapping[str, Any]) -> NumericView:
    start = np.array([as_float(x) for x in values["start"]])
    below, above = (np.array([as_float(x) for x in bounds]) for bounds in _thresholds(values))
    coupling = as_float(values["coupling"])
    path = opinion_path(start, below, above, 40.0 * len(start) / coupling, coupling=coupling)
    end = path.opinions[-1]
    estimates = {_name(k): Estimate(float(x), 1e-6) for k, x in enumerate(end[:_MOST_COMPARED])}
    ordered = np.sort(end)
    count = 1 + int(np.count_nonzero(np.diff(ordered) > 1e-5))
    estimates[_CLUSTERS] = Estimate(float(count), 0.0)
    crowd = _crowd(values["crowd"], float(below[0]), float(above[0]))
    first = opinion_limits(values["start"], *_thresholds(values))
    reason = () if isinstance(first, Limits) else (f"The limits are not proved: {first.reason}.",)
    remarks = (*reason, f"{counted(len(path.events), 'event')} until the opinions settle.", crowd[1])
    return NumericView(estimates, (_picture(path.times, path.opinions, "The chosen agents"), crowd[0]), remarks)


def _crowd(size: int, below: float, above: float) -> tuple[Plot, str]:
    """`size` agents with the thresholds of the first one, spread evenly over a few times their reach."""
    width = 5 * (below + above)
    path = opinion_path(np.linspace(0, width, size), np.array(below), np.array(above), 40.0 + 20.0 * size)
    ends = np.sort(path.opinions[-1])
    count = 1 + int(np.count_nonzero(np.diff(ends) > 1e-4 * width))
    agents, many = counted(size, "agent"), counted(count, "cluster")
    events = counted(len(path.events), "event")
    text = f"The end of {agents}, evenly spread from 0 to {width:.3g}: {many} after {events}."
    return _picture(path.times, path.opinions, f"{agents} with the thresholds of the first"), text


def _picture(times: np.ndarray, opinions: np.ndarray, title: str) -> Plot:
    spread = np.abs(opinions - opinions[-1]).max(axis=1)
    keep = max(2, int(np.argmax(spread < 1e-3 * max(float(np.ptp(opinions[0])), 1e-9))) + 2)
    shown, drawn = times[:keep], opinions[:keep]
    chosen = np.unique(np.linspace(0, opinions.shape[1] - 1, min(opinions.shape[1], 40)).astype(int))
    series = tuple(
        Series("line", shown, drawn[:, k], "opinions" if n == 0 else "", tone=0) for n, k in enumerate(chosen)
    )
    places, agents = np.unique(np.round(opinions[-1], 4)), opinions.shape[1]
    ends = ", ".join(f"{x:.4g}" for x in places[:8]) + (" and further" if len(places) > 8 else "")
    return Plot(
        title,
        "time",
        "opinion",
        series,
        f"Opinions over time: the end of {counted(agents, 'agent')} is at {ends}.",
    )


def _certified(values: Mapping[str, Any]) -> CertifiedView:
    below, above = _thresholds(values)
    start = values["start"]
    quantities = {_CLUSTERS: "clusters", _PROOF: "verdict"}
    quantities |= {_name(k): f"limit_{k + 1}" for k in range(min(len(start), _MOST_COMPARED))}

    def derived(certificate: Certificate) -> dict[str, Verdict]:
        clusters = certificate.number("clusters")
        return {_CONSENSUS: Verdict.PROVED if clusters is not None and clusters.upper == 1 else Verdict.REFUTED}

    arguments = {"start": start, "below": below, "above": above}
    pulls = over(["+", 0, *_pulls(values)], len(start))
    tasks = (
        Task("limits of the opinions", "opinions", arguments, quantities, derived),
        values_task("velocity at the start", {_VELOCITY: pulls}),
    )
    return CertifiedView(tasks)


CASE = case_of(
    "hegselmann-krause",
    readers={
        "start": bounded_vector(-1000, 1000, 40),
        "below": bounded_vector(0, 10**6, 40, open_below=True),
        "above": bounded_vector(0, 10**6, 40, open_below=True),
        "coupling": bounded_rational(0, 10**6, open_below=True),
        "crowd": whole_number(2, 300),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=_certified,
    known=(
        Known(_name(0), "3/20", "mean of 0 and 3/10"),
        Known(_name(1), "3/20", "mean of 0 and 3/10"),
        Known(_name(2), "9/10", "alone"),
        Known(_CLUSTERS, "2", "0.9 - 0.3 exceeds 1/2"),
    ),
)

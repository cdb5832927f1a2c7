"""The exact view of Kuramoto's oscillators."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import networkx as nx
import sympy

from cases.common.dobrushin import derive_dobrushin
from cases.common.parameters import as_sympy
from cases.kuramoto.derivation import (
    derive_three_oscillators,
    derive_weighted_laplacian,
    three_oscillators_cosine,
    three_oscillators_coupling,
)
from cases.kuramoto.paths import derive_path_flows
from cases.kuramoto.system import (
    ABSCISSA,
    CRITICAL,
    EXISTS,
    FOURIER,
    MANY_NEIGHBOURS,
    ORDER,
    TWISTED,
    VELOCITY,
    VERDICT,
    Oscillators,
    is_splay,
    is_symmetric_triangle,
    oscillators_of,
)
from cases.kuramoto.twisted import derive_splay_state, derive_twisted_states, twisted_abscissa
from cases.model import SymbolicView
from certify.verdict import Verdict
from symbolic import Derivation
from symbolic.prove_sign import number_sign

# nodes up to which the characteristic polynomial of a Laplacian is factored
_FACTORED = 12


def symbolic_view(values: Mapping[str, Any]) -> SymbolicView:
    oscillators = oscillators_of(values)
    mean = sum(oscillators.frequencies, Fraction(0)) / oscillators.nodes
    derivations: list[Derivation] = [derive_weighted_laplacian()]
    exact: dict[str, Any] = {VELOCITY: as_sympy(mean)}
    if is_splay(values, oscillators):
        derivation, found = _splay_values(oscillators)
        derivations.append(derivation)
        exact |= found
    elif _has_exact_twist(values, oscillators):
        derivation, found = _twisted_values(oscillators, values["neighbours"])
        derivations.append(derivation)
        exact |= found
    elif is_symmetric_triangle(oscillators):
        derivations.append(derive_three_oscillators())
        exact |= _triangle_values(oscillators)
    elif oscillators.are_equal and not oscillators.twist and oscillators.nodes <= _FACTORED:
        exact |= _equal_values(oscillators)
    elif (values["graph"] == "path" or oscillators.nodes == 2) and not oscillators.are_equal:
        flows = _path_flows(oscillators.excess)
        derivations.append(derive_path_flows(oscillators.excess, flows, oscillators.scale))
        exact |= _path_values(oscillators, flows)
    # g(x, y) = K sin(y - x) has the Lipschitz constant K
    return SymbolicView((*derivations, derive_dobrushin()), exact)


def _equal_values(oscillators: Oscillators) -> dict[str, Any]:
    """Equal oscillators in phase are locked: minus the Laplacian, whose second eigenvalue is an algebraic number."""
    laplacian = sympy.Matrix(nx.laplacian_matrix(oscillators.graph).toarray().astype(int).tolist())
    second = sympy.real_roots(laplacian.charpoly().as_expr())[1]
    exact: dict[str, Any] = {EXISTS: Verdict.PROVED, ORDER: sympy.Integer(1)}
    return exact | {VERDICT: Verdict.STABLE, ABSCISSA: -as_sympy(oscillators.scale) * second}


def _splay_values(oscillators: Oscillators) -> tuple[Derivation, dict[str, Any]]:
    """The linearisation is c cos(theta_j - theta_i), of rank two: its other eigenvalues are 0."""
    folded = 1 if 2 * oscillators.twist % oscillators.nodes == 0 else 2
    largest = as_sympy(oscillators.scale) * oscillators.nodes / folded
    verdicts = {TWISTED: Verdict.UNSTABLE, VERDICT: Verdict.UNSTABLE, EXISTS: Verdict.PROVED}
    numbers = {FOURIER: largest, ABSCISSA: largest, ORDER: sympy.Integer(0)}
    return derive_splay_state(oscillators.twist, oscillators.nodes, oscillators.scale), {**numbers, **verdicts}


def _has_exact_twist(values: Mapping[str, Any], oscillators: Oscillators) -> bool:
    """Whether these are equal oscillators on a ring whose twisted states are worked out exactly."""
    return (
        values["graph"] == "ring"
        and oscillators.are_equal
        and (values["neighbours"] == 1 or oscillators.nodes <= MANY_NEIGHBOURS)
    )


def _twisted_values(oscillators: Oscillators, neighbours: int) -> tuple[Derivation, dict[str, Any]]:
    twist, nodes, strength = oscillators.twist, oscillators.nodes, as_sympy(oscillators.scale)
    abscissa = twisted_abscissa(twist, nodes, strength, neighbours)
    story = derive_twisted_states(twist, nodes, abscissa / strength if neighbours > 1 else None)
    verdict = {-1: Verdict.STABLE, 1: Verdict.UNSTABLE, 0: Verdict.UNDECIDED}[number_sign(abscissa) or 0]
    exact: dict[str, Any] = {FOURIER: abscissa, TWISTED: verdict, VERDICT: verdict, EXISTS: Verdict.PROVED}
    if verdict is not Verdict.UNDECIDED:
        exact[ABSCISSA] = abscissa
        exact[ORDER] = sympy.Integer(0 if oscillators.twist % oscillators.nodes else 1)
    return story, exact


def _triangle_values(oscillators: Oscillators) -> dict[str, Any]:
    """K here is three times the coupling of a pair."""
    spread, pair = max(oscillators.excess), 3 * oscillators.scale
    critical = as_sympy(spread) * three_oscillators_coupling() * as_sympy(oscillators.coupling / pair)
    exact: dict[str, Any] = {CRITICAL: critical}
    side = number_sign(as_sympy(oscillators.coupling) - critical)
    if side != 1:
        return exact | ({EXISTS: Verdict.REFUTED, VERDICT: Verdict.REFUTED} if side == -1 else {})
    exact[EXISTS] = Verdict.PROVED
    c = three_oscillators_cosine(spread / pair)
    slow = -as_sympy(pair) * (4 * c**2 + c - 2) / 3
    return exact | {VERDICT: Verdict.STABLE, ABSCISSA: slow, ORDER: (1 + 2 * c) / 3}


def _path_flows(excess: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    total, flows = Fraction(0), []
    for value in excess[:-1]:
        total -= value
        flows.append(total)
    return tuple(flows)


def _path_values(oscillators: Oscillators, flows: tuple[Fraction, ...]) -> dict[str, Any]:
    largest = max(abs(f) for f in flows)
    exact: dict[str, Any] = {CRITICAL: as_sympy(largest * oscillators.coupling / oscillators.scale)}
    exact[EXISTS] = Verdict.REFUTED if largest > oscillators.scale else Verdict.PROVED
    if largest > oscillators.scale:
        return exact | {VERDICT: Verdict.REFUTED}
    if largest == oscillators.scale:
        return exact  # an edge at a quarter turn: locked, with the eigenvalue 0 on its cut
    exact[VERDICT] = Verdict.STABLE
    weights = [sympy.sqrt(as_sympy(oscillators.scale**2 - f**2)) for f in flows[:2]]
    if oscillators.nodes == 2:
        exact[ABSCISSA] = -2 * weights[0]
    if oscillators.nodes == 3:
        first, second = weights
        exact[ABSCISSA] = sympy.sqrt(first**2 - first * second + second**2) - first - second
    return exact

"""Boltzmann machines: the chain on 2^M states, its stationary law, its spectral gap."""

import itertools
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import sympy

from cases.boltzmann.derivation import (
    derive_detailed_balance,
    derive_sign_erratum,
    derive_update_erratum,
    gibbs_weights,
    transition_matrix,
)
from cases.boltzmann.estimates import sample_boltzmann
from cases.boltzmann.mean_field import derive_transition
from cases.boltzmann.proofs import certified_view
from cases.boltzmann.system import ACTIVE, GAP, SECOND, SILENT
from cases.common.boltzmann_machine import READERS, Machine, exact_law, expectation, machine_of, proved_law
from cases.common.parameters import as_sympy, one_of, whole_number
from cases.common.plot import Plot, Series
from cases.common.told import counted
from cases.model import Erratum, Estimate, Known, NumericView, SymbolicView, case_of
from symbolic import Derivation, EigenvaluesAre, Equal, Step
from symbolic.checks import product
from symbolic.largest_root import exact_eigenvalues, largest, modulus

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, A dynamical systems perspective on the analysis of neural networks"


def _symbolic(values: Mapping[str, Any]) -> SymbolicView:
    machine, parallel = machine_of(values), values["update"] == "parallel"
    derivations, exact = [derive_detailed_balance(), derive_transition()], _law_values(machine, parallel)
    if machine.is_rational and machine.neurons <= 3:
        weights, biases = machine.symbolic
        chain = transition_matrix(weights, biases, parallel)
        found = exact_eigenvalues(chain)
        if found is not None:
            exact |= _spectrum_values([root for root, power in found for _ in range(power)])
        if machine.neurons <= 2:
            law = sympy.ImmutableMatrix([gibbs_weights(weights, biases, parallel)])
            derivations.append(_machine_derivation(chain, law, found))
    return SymbolicView(tuple(derivations), exact)


def _law_values(machine: Machine, parallel: bool) -> dict[str, Any]:
    """Exact expectations: rational machines of any size, others where the sum is short."""
    if machine.is_rational:
        law = exact_law(machine, parallel)
        return {ACTIVE: as_sympy(expectation(law, machine.neurons, sum)), SILENT: as_sympy(law[0])}
    if machine.neurons > 3:
        return {}
    weights = gibbs_weights(*machine.symbolic, parallel)
    total = sympy.Add(*weights)
    counts = [sum(state) for state in itertools.product((0, 1), repeat=machine.neurons)]
    mean = sympy.Add(*[w * count for w, count in zip(weights, counts, strict=True)]) / total
    return {ACTIVE: mean, SILENT: weights[0] / total}


def _spectrum_values(eigenvalues: list[sympy.Expr]) -> dict[str, Any]:
    """The eigenvalues from the largest to the smallest, and what is left when one eigenvalue 1 is taken out."""
    rest = list(eigenvalues)
    rest.remove(sympy.Integer(1))
    second = largest([modulus(value) for value in rest])
    exact: dict[str, Any] = {SECOND: second, GAP: 1 - second}
    if len(eigenvalues) <= 4:
        falling = sorted(eigenvalues, key=lambda value: -value.evalf(60))
        exact |= {f"eigenvalue {k + 1}": value for k, value in enumerate(falling)}
    return exact


def _machine_derivation(
    chain: sympy.ImmutableMatrix, law: sympy.ImmutableMatrix, found: list[tuple[sympy.Expr, int]] | None
) -> Derivation:
    steps = [
        Step(
            "The row of weights is stationary for this machine's chain.",
            reason="Exact arithmetic.",
            check=Equal(product(law, chain), law),
        )
    ]
    if found is not None:
        steps.append(
            Step(
                "The eigenvalues of the chain.",
                reason="Roots of the characteristic polynomial.",
                check=EigenvaluesAre(chain, tuple(found)),
            )
        )
    return Derivation("The chain of this machine", (), tuple(steps))


def _numeric(values: Mapping[str, Any]) -> NumericView:
    machine, parallel = machine_of(values), values["update"] == "parallel"
    spectrum, chain = _float_spectrum(machine, parallel)
    second = float(np.abs(spectrum[1:]).max())
    estimates = {SECOND: Estimate(second, 1e-9), GAP: Estimate(1 - second, 1e-9)}
    if len(spectrum) <= 4:
        estimates |= {f"eigenvalue {k + 1}": Estimate(float(x), 1e-9) for k, x in enumerate(spectrum)}
    estimates[ACTIVE] = _sampled_activity(machine, parallel, second)
    return NumericView(estimates, (_relaxation(machine, parallel, chain, second), _transition(values["large"])))


def _float_chain(machine: Machine, parallel: bool) -> np.ndarray:
    weights, biases = machine.floats
    bits = np.array(list(itertools.product((0.0, 1.0), repeat=machine.neurons)))
    on = 1 / (1 + np.exp(biases + bits @ weights))
    if parallel:
        return np.asarray(np.prod(np.where(bits[None] == 1, on[:, None], 1 - on[:, None]), axis=2))
    chain = np.zeros((len(bits), len(bits)))
    index = np.arange(len(bits))
    for i in range(machine.neurons):
        flip = np.where(bits[:, i] == 1, 1 - on[:, i], on[:, i]) / machine.neurons
        chain[index, index ^ (1 << (machine.neurons - 1 - i))] = flip
    chain[index, index] = 1 - chain.sum(axis=1)
    return chain


def _float_spectrum(machine: Machine, parallel: bool) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues from the largest to the smallest, of the chain made symmetric by its detailed balance."""
    chain = _float_chain(machine, parallel)
    return np.linalg.eigvalsh(np.sqrt(chain * chain.T))[::-1], chain


def _sampled_activity(machine: Machine, parallel: bool, second: float) -> Estimate:
    """64 chains; the error allows for their spread and for what is left of the start after the burn-in."""
    weights, biases = machine.floats
    burn_in, sweeps, chains = 500, 2000, 64
    sampled = sample_boltzmann(
        weights, biases, sweeps, key=jax.random.key(0), chains=chains, burn_in=burn_in, parallel=parallel
    ).sum(axis=1)
    steps = burn_in * (1 if parallel else machine.neurons)
    smallest = min(float(p.mid()) for p in proved_law(machine, parallel))
    bias = min(1.0, second**steps / np.sqrt(max(smallest, 1e-300)))
    error = 6 * float(sampled.std(ddof=1)) / np.sqrt(chains) + machine.neurons * bias + 1e-3
    return Estimate(float(sampled.mean()), error)


def _relaxation(machine: Machine, parallel: bool, chain: np.ndarray, second: float) -> Plot:
    """Distance in total variation from the stationary law, started with all neurons at 0."""
    law = np.array([float(p.mid()) for p in proved_law(machine, parallel)])
    count = int(np.clip(np.ceil(12 / max(1e-3, -np.log(max(second, 1e-6)))), 8, 400))
    row, distances = np.eye(len(law))[0], []
    for _ in range(count + 1):
        distances.append(np.abs(row - law).sum() / 2)
        row = row @ chain
    steps, distance = np.arange(count + 1), np.array(distances)
    seen = distance > 1e-14
    rate = distance[0] * second**steps
    return Plot(
        "From all neurons 0 to the stationary law",
        "step k",
        "distance in total variation",
        (
            Series("path", steps[seen], distance[seen], "distance"),
            Series("dashed", steps[rate > 1e-14], rate[rate > 1e-14], f"(1 - gap)^k, gap = {1 - second:.4g}"),
        ),
        f"The distance from the stationary law is {distance[0]:.3g} at the start and "
        f"{f'{distance[-1]:.3g}' if seen[-1] else 'below 1e-14'} after {counted(count, 'step')}; the second largest "
        f"modulus is {second if second > 1e-14 else 0.0:.4g}.",
        {"log_y": True},
    )


def _transition(neurons: int) -> Plot:
    """a_ij = -4 J/M, b_i = 2 J (M - 1)/M: with s = 2 v - 1 the Curie-Weiss magnet at inverse temperature J."""
    strengths = np.linspace(0.4, 1.8, 8)
    found = []
    for k, strength in enumerate(strengths):
        weights = np.full((neurons, neurons), -4 * strength / neurons)
        np.fill_diagonal(weights, 0.0)
        biases = np.full(neurons, 2 * strength * (neurons - 1) / neurons)
        activity = sample_boltzmann(weights, biases, 50, key=jax.random.key(k + 1), burn_in=50)
        found.append(abs(2 * float(activity.mean()) - 1))
    curve = np.linspace(1e-3, 0.98, 200)
    return Plot(
        f"Order sets in at J = 1: {neurons} attracting neurons, one at a time",
        "coupling J (a = -4 J/M, b = 2 J (M - 1)/M)",
        "|2 mean activity - 1|",
        (
            Series("points", strengths, np.array(found), "50 sweeps of Glauber's dynamics"),
            Series("line", np.arctanh(curve) / curve, curve, "m = tanh(J m)"),
        ),
        f"The order parameter of {neurons} neurons: {found[0]:.2g} at J = 0.4 and {found[-1]:.2g} at J = 1.8; the "
        "mean-field curve leaves zero at J = 1.",
        {"vertical": (1.0,), "x_limits": (0.3, 1.9)},
    )


CASE = case_of(
    "boltzmann",
    readers={
        **READERS,
        "update": one_of("glauber", "parallel"),
        "large": whole_number(10, 5000),
    },
    symbolic=_symbolic,
    numeric=_numeric,
    certified=certified_view,
    known=(
        Known("eigenvalue 2", "1/4", "two neurons: 1, sqrt(l^2), l^2, -sqrt(l^2) with l = 1/4 - 1/2"),
        Known("eigenvalue 3", "1/16", "l^2"),
        Known("eigenvalue 4", "-1/4", "-|l|"),
        Known(GAP, "3/4", "1 - 1/4"),
    ),
    errata=(
        Erratum(
            "The energy of the update with exponent b_i + sum_j a_ij v_j is sum_i v_i b_i - 1/2 sum_ij v_i v_j a_ij.",
            "The energy is sum_i v_i b_i + 1/2 sum_ij v_i v_j a_ij; or the exponent in (21) is "
            "b_i - sum_j a_ij v_j. The formula (21) is kept here.",
            lambda values: derive_sign_erratum(),
        ),
        Erratum(
            "Every neuron is updated at every step of (20), and the stationary law is the Boltzmann law of (22).",
            "One neuron, drawn at random, is updated at each step. With all neurons at once the stationary law is "
            "proportional to e^{-b.v} prod_i (1 + e^{-h_i(v)}).",
            lambda values: derive_update_erratum(),
        ),
    ),
)

"""The proved view of Hopfield networks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from cases.common.matrix_parameters import ball_matrix
from cases.hopfield.system import (
    ABSCISSA,
    COUNT,
    GAIN,
    LARGE,
    LARGE_ABSCISSA,
    LOWEST,
    STABLE,
    STATE,
    Network,
    memory,
    network_of,
    settled,
)
from cases.model import CertifiedView, Task
from certify.arithmetic import Ball, tanh
from certify.arithmetic.rational import rational_ball
from certify.krawczyk import krawczyk
from certify.linear_algebra import eigenvalues
from certify.verdict import Verdict


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    network = network_of(values)
    expressions, variables = network.expressions
    arguments = {"field": expressions, "box": network.box, "variables": variables, "budget": 60.0}
    counts = {COUNT: "equilibria", STABLE: "stable_equilibria"}
    model, start = memory(values)
    tasks = (
        Task("all equilibria", "all-equilibria", arguments, counts),
        Task(
            f"memory of {values['large']} neurons",
            "equilibrium",
            {"field": model, "x": start},
            {LARGE: "verdict", LARGE_ABSCISSA: "spectral_abscissa"},
        ),
    )
    return CertifiedView(tasks, _proved_state(network) | _proved_gain(network))


def _proved_state(network: Network) -> dict[str, Any]:
    guess = settled(network)
    weights, bias = ball_matrix(network.weights), rational_ball(np.array(network.bias, dtype=object))
    decay = rational_ball(network.decay)
    if guess is None:
        return {}

    def field(x: Ball) -> Ball:
        return weights @ tanh(x) + bias - decay * x

    def slopes(x: Ball) -> Ball:
        return weights * (1.0 - tanh(x).square()) - decay * Ball.exact(np.eye(network.size))

    for width in (1e-12, 1e-10, 1e-8, 1e-6):
        found = krawczyk(field, slopes, Ball(guess, np.full(network.size, width * (1 + float(np.abs(guess).max())))))
        if found.verdict is Verdict.PROVED:
            spectrum = eigenvalues(slopes(found.box))
            parts = spectrum.real_parts
            if not np.isfinite(parts).all():
                return {STATE: found.box[0].enclosure()}
            top = spectrum.spectral_abscissa
            lowest = type(top)(float(parts[:, 0].min()), float(parts[:, 1].min()))
            return {STATE: found.box[0].enclosure(), ABSCISSA: top, LOWEST: lowest}
    return {}


def _proved_gain(network: Network) -> dict[str, Any]:
    if any(network.bias):
        return {}
    top = eigenvalues(ball_matrix(network.weights)).spectral_abscissa
    if not top.is_above(0) or not np.isfinite(top.upper):
        return {}
    gain = rational_ball(network.decay) / Ball.from_bounds(np.array(top.lower), np.array(top.upper))
    return {GAIN: gain.enclosure()}

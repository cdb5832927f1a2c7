"""How orbits part from perturbed ones, for many initial conditions: drawn, run in chunks, resumable."""

import os
from dataclasses import dataclass
from typing import final

import numpy as np
from jaxtyping import Float64

from foundation import positive_integer, positive_number
from numeric.trajectories.chunks import Arrays, Progress, in_chunks
from numeric.trajectories.descent import separate
from numeric.trajectories.fingerprint import fingerprint
from numeric.trajectories.network import SoftmaxNetwork
from numeric.trajectories.tangent import tangent_growth

_CHUNK = 25


@final
@dataclass(frozen=True)
class Divergence:
    """Distances (n, M, T + 1) of perturbed orbits, tangent growth (n, T + 1) in nats, and losses (n, T + 1)."""

    distances: Float64[np.ndarray, "n m t"]
    growth: Float64[np.ndarray, "n t"]
    losses: Float64[np.ndarray, "n t"]

    @property
    def log_mean(self) -> np.ndarray:
        """log of the mean distance over the perturbations (n, T + 1); -inf where all distances are zero."""
        with np.errstate(divide="ignore"):
            return np.log(self.distances.mean(axis=1))


def draw(network: SoftmaxNetwork, index: int, radius: float, perturbations: int, seed: int) -> np.ndarray:
    """(1 + M, D): initial condition number `index` of `seed`, then its perturbations within `radius`.

    Depends on nothing else, so that chunks of any size give the same numbers.
    """
    generator = np.random.default_rng((seed, index))
    start = network.initial(generator)
    return np.concatenate([start[None], network.perturbed(start, radius, perturbations, generator)])


def divergence(
    network: SoftmaxNetwork,
    rate: float,
    radius: float,
    steps: int,
    *,
    initial_conditions: int,
    perturbations: int = 5,
    seed: int = 0,
    folder: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Divergence:
    """Gradient descent from random initial conditions, each with perturbations of its weights within `radius`.

    Estimates in float64. `folder` keeps finished chunks, see `in_chunks`; the tangent vectors start in the direction
    of the first perturbation.
    """
    count, copies = positive_integer(initial_conditions, "initial_conditions"), positive_integer(perturbations, "M")
    eta, epsilon, total = positive_number(rate, "rate"), positive_number(radius, "radius"), positive_integer(steps, "T")

    def compute(items: range) -> Arrays:
        bundles = np.stack([draw(network, index, epsilon, copies, seed) for index in items])
        starts, moved = bundles[:, 0], bundles[:, 1:]
        found = separate(network, starts, moved, eta, total)
        growth = tangent_growth(network, starts, moved[:, 0] - starts, eta, total)
        return {"distances": found.distances, "growth": growth, "losses": found.losses}

    settings = {
        "network": fingerprint(network),
        "rate": eta.hex(),
        "radius": epsilon.hex(),
        "steps": total,
        "initial_conditions": count,
        "perturbations": copies,
        "seed": seed,
    }
    arrays = in_chunks(count, _CHUNK, compute, settings=settings, folder=folder, progress=progress)
    return Divergence(arrays["distances"], arrays["growth"], arrays["losses"])

"""The strategies by name; those that build networks import JAX when they are named, not while they draw."""

import importlib
from typing import Any

from stabproof.testing.registration import register_profile
from stabproof.testing.strategies import requirement  # noqa: F401

_HOMES = {
    "ball_arrays": ("balls", "enclosures"),
    "drawn_data": ("data_sets",),
    "families": (
        "commuting_families",
        "lifted_families",
        "matrix_families",
        "rank_one_families",
        "triangular_families",
    ),
    "general": ("defective_matrices", "non_normal_matrices"),
    "graphs": ("KnownGraph", "directed_graphs", "disconnected_graphs", "weighted_graphs"),
    "ill_conditioned": ("at_scales", "ill_conditioned_matrices"),
    "known": (
        "KnownBall",
        "KnownEnclosure",
        "KnownFamily",
        "KnownMatrix",
        "KnownMinimum",
        "KnownRate",
        "KnownRectangle",
        "ball",
        "enclosure",
    ),
    "known_networks": ("linear_minimum", "polynomial_minimum", "tanh_minimum"),
    "laplacians": ("graph_laplacians",),
    "networks": ("interpolating_problems", "linear_problems", "polynomial_problems", "tanh_problems"),
    "optax_aliases": ("optimizers",),
    "prescribed": ("matrices_with_spectrum", "rectangular_matrices"),
    "sizes": ("InvalidSetting",),
    "stochastic": ("stochastic_matrices",),
    "symmetric": ("positive_definite_matrices", "symmetric_matrices"),
    "threshold_rates": ("learning_rates",),
    "types": ("register_arrays", "register_networks"),
    "user_networks": ("problems_for",),
    "vanishing": ("vanishing_families",),
    "vector_fields": (
        "KnownField",
        "gradient_fields",
        "hamiltonian_fields",
        "neural_fields",
        "polynomial_fields",
    ),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

register_profile()

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stabproof.testing.strategies' has no attribute {name!r}")
    return getattr(importlib.import_module(f"stabproof.testing.strategies.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)

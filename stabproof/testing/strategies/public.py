"""The strategies by name; those that build networks import JAX, and only when they are first used."""

import importlib
from typing import Any

from stabproof.testing.strategies import requirement  # noqa: F401

_HOMES = {
    "ball_arrays": ("balls", "enclosures"),
    "families": (
        "commuting_families",
        "lifted_families",
        "matrix_families",
        "rank_one_families",
        "triangular_families",
    ),
    "general": ("defective_matrices", "non_normal_matrices"),
    "known": ("KnownBall", "KnownEnclosure", "KnownFamily", "KnownMatrix", "KnownMinimum", "KnownRate"),
    "laplacians": ("graph_laplacians",),
    "threshold_rates": ("learning_rates",),
    "networks": ("interpolating_problems", "linear_problems", "polynomial_problems", "tanh_problems"),
    "stochastic": ("stochastic_matrices",),
    "symmetric": ("positive_definite_matrices", "symmetric_matrices"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stabproof.testing.strategies' has no attribute {name!r}")
    return getattr(importlib.import_module(f"stabproof.testing.strategies.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)

"""The public names of `stabproof.testing`, each imported when it is first used.

pytest imports this package in every session of an environment that has stabproof: it must cost nothing there.
"""

import importlib
from typing import Any

_HOMES = {
    "stabproof.testing.assertions": (
        "assert_exponent_in",
        "assert_morse_class",
        "assert_positive_definite",
        "assert_spectral_radius_below",
    ),
    "stabproof.testing.closeness": ("assert_close_to_proved", "assert_estimate"),
    "stabproof.testing.enclosing": ("assert_encloses",),
    "stabproof.testing.minima": (
        "assert_certified_stable",
        "assert_converges_from_here",
        "assert_equilibrium_near",
        "assert_stable",
        "assert_unstable",
    ),
    "stabproof.testing.cache": ("CertificateCache",),
    "stabproof.testing.failures": ("Implausible", "Refuted", "Undecided"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stabproof.testing' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)

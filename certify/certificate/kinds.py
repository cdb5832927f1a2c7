"""Certificates by what they are about: which numbers a proof of that kind encloses, for readers and type checkers.

Where a verdict is UNDECIDED because nothing was proved, a number may be missing all the same: it is then None at run
time, and `certificate.number(name)` has that in its type.
"""

from typing import TYPE_CHECKING, Any

from certify.certificate.model import Certificate

if TYPE_CHECKING:
    from certify.enclosure import Enclosure
    from certify.linear_algebra.discs import Eigenvalues


class MinimumCertificate(Certificate):
    """A minimum under an optimiser: exists, how sharp, and whether the optimiser stays."""

    if TYPE_CHECKING:

        @property
        def existence_radius(self) -> float: ...
        @property
        def sharpness(self) -> Enclosure: ...
        @property
        def spectral_radius(self) -> Enclosure: ...
        @property
        def lyapunov_exponent(self) -> Enclosure: ...
        @property
        def critical_learning_rate(self) -> Enclosure: ...
        @property
        def basin_radius(self) -> float: ...
        @property
        def convergence_rate(self) -> Enclosure: ...
        @property
        def preconditioned_sharpness(self) -> Enclosure: ...


class EquilibriumCertificate(Certificate):
    """An equilibrium, or a cycle: where, and the spectrum of its linearisation."""

    if TYPE_CHECKING:

        @property
        def radius(self) -> float: ...
        @property
        def eigenvalues(self) -> Eigenvalues: ...
        @property
        def directions(self) -> tuple[int, int, int]: ...
        @property
        def spectral_radius(self) -> Enclosure: ...


class ExponentCertificate(Certificate):
    """A top Lyapunov exponent; its enclosure may be infinite, and is never missing."""

    if TYPE_CHECKING:

        @property
        def lyapunov_exponent(self) -> Enclosure: ...


class RatesCertificate(Certificate):
    """The learning rates at which SGD is proved stable, and those at which it is proved unstable."""

    if TYPE_CHECKING:

        @property
        def existence_radius(self) -> float: ...
        @property
        def critical_learning_rate(self) -> Enclosure: ...


_CLASSES: dict[str, type[Certificate]] = {
    "minimum": MinimumCertificate,
    "strict-minimum": MinimumCertificate,
    "symmetric-minimum": MinimumCertificate,
    "equilibrium": EquilibriumCertificate,
    "locked-state": EquilibriumCertificate,
    "hopfield": EquilibriumCertificate,
    "periodic-point": EquilibriumCertificate,
    "periodic-orbit": EquilibriumCertificate,
    "lyapunov-exponent": ExponentCertificate,
    "learning-rates": RatesCertificate,
}


def certificate_of(kind: str, *parts: Any, **named: Any) -> Any:
    """A certificate of the class that its kind has."""
    return _CLASSES.get(kind, Certificate)(kind, *parts, **named)

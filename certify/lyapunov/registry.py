"""The engines by name, cheapest first."""

from dataclasses import dataclass
from typing import Any, final

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Witness
from certify.statements.exponents import PLACES
from foundation import CertificateError, load

SGD_ENGINES = ("sgd_determinant", "contraction", "sgd_reduction", "sgd_concave_bound")
"""The engines that work on an SGD family as such, without a list of its matrices."""

ENGINES = tuple(name for name in PLACES if not name.startswith("sgd_"))
"""The engines that work on a list of matrices, in the order of use."""


def twin_of(name: str) -> str:
    """The engine for lists of matrices that an SGD engine stands in for; raises `CertificateError` without one."""
    twin = name.removeprefix("sgd_")
    if twin not in ENGINES:
        raise CertificateError(f"the SGD engine {name!r} is the twin of no engine for lists of matrices")
    return twin


@final
@dataclass(frozen=True)
class Engine:
    """One theorem about exponents, loaded when it is first used.

    admits(family) -> None, or the reason why the theorem does not apply: no search, no floating decision.
    prove(family, witness) -> Enclosure, rigorous for every family inside the balls, from the family and the witness
    alone: it checks every condition of its theorem. A bad witness gives a weak bound or a `CertificateError`, never a
    wrong bound.
    """

    name: str

    def admits(self, family: Any) -> str | None:
        """None if `prove` is meant for the family, otherwise the reason why not."""
        reason: str | None = self._module.admits(family)
        return reason

    def prove(self, family: Any, witness: Witness) -> Enclosure:
        """The bounds that the witness proves, nats per step."""
        enclosure: Enclosure = self._module.prove(family, witness)
        return enclosure

    @property
    def _module(self) -> Any:
        return load(f"certify.lyapunov.{PLACES[self.name]}")


def engine_named(name: str) -> Engine:
    """The engine `name`; raises `CertificateError` when there is none."""
    if name not in PLACES:
        raise CertificateError(f"there is no engine {name!r}; the engines are {', '.join(PLACES)}")
    return Engine(name)

"""The engines by name, cheapest first."""

from dataclasses import dataclass
from typing import Any, final

from certify.enclosure import Enclosure
from certify.lyapunov.family import Witness
from foundation import CertificateError, load

ENGINES = (
    "exact",
    "scaling",
    "determinant",
    "contraction",
    "renewal",
    "reduction",
    "lift",
    "near_lift",
    "near_product",
    "second_moment",
    "concave_bound",
    "cone",
    "words",
    "projective_line",
    "half_sphere",
    "three_sphere",
    "delayed_growth",
    "lower_bound",
    "stopping_words",
    "block_bound",
    "moment_function",
)
"""Names of the modules of this package that implement `admits` and `prove`, in the order of use.

`search.lyapunov` has a proposer of each.
"""

SGD_ENGINES = ("sgd_determinant", "contraction", "sgd_reduction", "sgd_concave_bound")
"""The engines that work on an SGD family as such, without a list of its matrices."""


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
        return load(f"certify.lyapunov.{self.name}")


def engine_named(name: str) -> Engine:
    """The engine `name`; raises `CertificateError` when there is none."""
    if name not in ENGINES and name not in SGD_ENGINES:
        raise CertificateError(f"there is no engine {name!r}; the engines are {', '.join(ENGINES + SGD_ENGINES)}")
    return Engine(name)

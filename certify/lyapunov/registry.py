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
"""Names of the modules of this package that implement `applies`, `propose` and `prove`, in the order of use."""

SGD_ENGINES = ("sgd_determinant", "contraction", "sgd_reduction", "sgd_concave_bound")
"""The engines that work on an SGD family as such, without a list of its matrices."""

# One proof settles what these can say: more effort changes nothing.
_SINGLE = frozenset({"exact", "determinant", "sgd_determinant", "contraction"})


@final
@dataclass(frozen=True)
class Engine:
    """One engine, loaded when it is first used.

    applies(family) -> None or the reason why not; admits(family) likewise, for `prove` alone, where `applies` looks for
    something by floating means; propose(family, effort, deadline) -> witness, found by any floating means;
    prove(family, witness) -> Enclosure, rigorous for every family inside the balls, from the family and the witness
    alone: it checks every condition of its theorem. A bad witness gives a weak bound or a `CertificateError`, never a
    wrong bound.
    """

    name: str

    @property
    def grows(self) -> bool:
        """Whether more effort can give a sharper bound."""
        return self.name not in _SINGLE

    @property
    def _module(self) -> Any:
        return load(f"certify.lyapunov.{self.name}")

    def applies(self, family: Any) -> str | None:
        """None if the engine applies, otherwise the reason why it does not."""
        reason: str | None = self._module.applies(family)
        return reason

    def admits(self, family: Any) -> str | None:
        """None if `prove` is meant for the family, otherwise the reason why not: no search, no floating decision."""
        module = self._module
        reason: str | None = getattr(module, "admits", module.applies)(family)
        return reason

    def propose(self, family: Any, effort: int, deadline: float) -> Witness:
        """A witness (an estimate); `deadline` in `computing_time` seconds."""
        witness: Witness = self._module.propose(family, effort, deadline)
        return witness

    def prove(self, family: Any, witness: Witness) -> Enclosure:
        """The bounds that the witness proves, nats per step."""
        enclosure: Enclosure = self._module.prove(family, witness)
        return enclosure


def engine_named(name: str) -> Engine:
    """The engine `name`; raises `CertificateError` when there is none."""
    if name not in ENGINES and name not in SGD_ENGINES:
        raise CertificateError(f"there is no engine {name!r}; the engines are {', '.join(ENGINES + SGD_ENGINES)}")
    return Engine(name)

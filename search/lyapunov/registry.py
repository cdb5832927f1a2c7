"""The proposing halves of the engines by name, cheapest first."""

from dataclasses import dataclass
from typing import Any, final

from certify.enclosure import Enclosure
from certify.lyapunov.family import Witness
from certify.lyapunov.registry import Engine, engine_named
from foundation import load

# One proof settles what these can say: more effort changes nothing.
_SINGLE = frozenset({"exact", "determinant", "sgd_determinant", "contraction"})


@final
@dataclass(frozen=True)
class Proposer:
    """What looks for witnesses of one engine, loaded when it is first used.

    applies(family) -> None or the reason why not; it may look for something by floating means. propose(family, effort,
    deadline) -> witness, found by any floating means: nothing of it is believed.
    """

    engine: Engine

    @property
    def grows(self) -> bool:
        """Whether more effort can give a sharper bound."""
        return self.engine.name not in _SINGLE

    def applies(self, family: Any) -> str | None:
        """None if a witness may be found, otherwise the reason why not."""
        reason: str | None = getattr(self._module, "applies", self.engine.admits)(family)
        return reason

    def propose(self, family: Any, effort: int, deadline: float) -> Witness:
        """A witness (an estimate); `deadline` in `computing_time` seconds."""
        witness: Witness = self._module.propose(family, effort, deadline)
        return witness

    def prove(self, family: Any, witness: Witness) -> Enclosure:
        """The bounds that the witness proves, nats per step."""
        return self.engine.prove(family, witness)

    @property
    def _module(self) -> Any:
        return load(f"search.lyapunov.{self.engine.name}")


def proposer_named(name: str) -> Proposer:
    """The proposer of the engine `name`; raises `CertificateError` when there is none."""
    return Proposer(engine_named(name))

"""What every front door returns: a JAX function of the parameters and one input, the parameters, the constants."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, final


@final
@dataclass(frozen=True, eq=False, repr=False)
class Model:
    """A model that `stabproof.Regression(model.predict, model.params, inputs, targets)` takes.

    `predict(params, x)` is a JAX function of the pytree `params` (float64 arrays) and one input without a batch axis;
    it returns a vector. `constants` are the numbers that the function holds and that are not trained (buffers, frozen
    weights, tables), exactly as they enter it. `notes` say what was read, folded and left out.
    `predict, params = model` unpacks.
    """

    predict: Callable[[Any, Any], Any]
    params: Any
    source: str
    constants: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Any]:
        return iter((self.predict, self.params))

    def __repr__(self) -> str:
        return f"Model({self.source})"

    def report(self) -> str:
        """One line a fact: where the model comes from, its parameters and constants, what was folded or assumed."""
        import jax

        leaves = jax.tree.leaves(self.params)
        sizes = sum(int(leaf.size) for leaf in leaves)
        lines = [
            f"source: {self.source}",
            f"parameters: {len(leaves)} arrays, {sizes} numbers",
            f"constants: {len(self.constants)} arrays",
        ]
        return "\n".join([*lines, *self.notes])

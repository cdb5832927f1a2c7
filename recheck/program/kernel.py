"""What one primitive does: its shape rule, and the computation of one equation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from recheck.program.elements import Element
from recheck.program.signature import Signature, common_shape, demand, spread
from recheck.program.tape import lifted

Entries = list[Any]


class Site(NamedTuple):
    """One equation: what it takes, what it gives, and whether a differentiated input reaches each operand.

    same: whether all operands are one value of the program.
    """

    operands: tuple[Signature, ...]
    output: Signature
    parameters: Mapping[str, Any]
    active: tuple[bool, ...]
    same: bool = False

    @property
    def strict(self) -> bool:
        """Whether the value must be regular here: something that is differentiated depends on it."""
        return any(self.active)


class Primitive(NamedTuple):
    """infer(operands, parameters) -> output; run(site, operands) -> entries. `entire`: real-analytic on all of R^n."""

    infer: Callable[[Sequence[Signature], Mapping[str, Any]], Signature]
    run: "Kernel"
    parameters: Mapping[str, str] = {}
    entire: bool = False


# entries of the operands -> those of the result
Kernel = Callable[[Site, list[Entries]], Entries]


def taken(entries: Entries, index: list[int] | None) -> Entries:
    return entries if index is None else [entries[i] for i in index]


def elementwise(function: Callable[..., Element], partials: Sequence[Callable[..., Element]] = ()) -> Kernel:
    """An elementwise function and its partial derivatives, each given (operands..., value); none: locally constant."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        rows = zip(operands, site.operands, strict=True)
        columns = [taken(entries, spread(own.shape, site.output.shape)) for entries, own in rows]
        return [lifted(function, partials, row) for row in zip(*columns, strict=True)]

    return run


def infer_reals(count: int) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == count and all(s.is_real for s in operands), f"{count} real operands are wanted")
        return Signature(common_shape([s.shape for s in operands]))

    return infer


def infer_same(count: int, kinds: str) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    """Operands of one type: among "f" reals, "i" integers, "b" booleans."""

    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == count and len({s.dtype for s in operands}) == 1, f"{count} operands of one type")
        demand(kind_of(operands[0]) in kinds, f"operands of type {operands[0].dtype}")
        return Signature(common_shape([s.shape for s in operands]), operands[0].dtype)

    return infer


def kind_of(signature: Signature) -> str:
    return "f" if signature.is_real else "b" if signature.dtype == "bool" else "i"

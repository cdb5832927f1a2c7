"""What one primitive does: its shape rule, and the forward and backward computation of one equation."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from recheck.program.elements import Element
from recheck.program.signature import Signature, common_shape, demand, spread

Entries = list[Any]
Shares = list[Entries | None]


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


class Kernel(NamedTuple):
    """forward(operands) -> entries; backward(operands, output, cotangent) -> the cotangent of each operand, or None."""

    forward: Callable[[list[Entries]], Entries]
    backward: Callable[[list[Entries], Entries, Entries], Shares] | None = None
    work: int = 0


class Primitive(NamedTuple):
    """infer(operands, parameters) -> output; build(site) -> kernel. `entire`: real-analytic on all of R^n."""

    infer: Callable[[Sequence[Signature], Mapping[str, Any]], Signature]
    build: Callable[[Site], Kernel]
    parameters: Mapping[str, str] = {}
    entire: bool = False


def gather(index: list[int], sizes: int, zero: Any) -> Kernel:
    """out[k] = in[index[k]], and `zero` where the index is -1."""
    plain = not index or min(index) >= 0

    def forward(operands: list[Entries]) -> Entries:
        source = operands[0]
        if plain:
            return [source[i] for i in index]
        return [source[i] if i >= 0 else zero for i in index]

    def backward(operands: list[Entries], output: Entries, cotangent: Entries) -> Shares:
        return [collect(index, cotangent, sizes)]

    return Kernel(forward, backward, len(index))


def collect(index: Sequence[int], values: Entries, size: int, zero: Any = 0) -> Entries:
    """The sums of the values over the places with one index; -1 is nowhere."""
    result: Entries = [zero] * size
    for place, value in zip(index, values, strict=True):
        if place >= 0 and not (isinstance(value, int) and value == 0):
            before = result[place]
            result[place] = value if isinstance(before, int) and before == 0 and zero == 0 else before + value
    return result


def aligned(site: Site) -> list[list[int] | None]:
    """For each operand where its entries go in the elementwise result; None for the identity."""
    return [spread(signature.shape, site.output.shape) for signature in site.operands]


def taken(entries: Entries, index: list[int] | None) -> Entries:
    return entries if index is None else [entries[i] for i in index]


def returned(cotangent: Entries, index: list[int] | None, size: int) -> Entries:
    return cotangent if index is None else collect(index, cotangent, size)


def elementwise(
    function: Callable[..., Element], partials: Sequence[Callable[..., Element]] | None
) -> Callable[[Site], Kernel]:
    """An elementwise real function and its partial derivatives, each given (operands..., value)."""

    def build(site: Site) -> Kernel:
        maps = aligned(site)

        def forward(operands: list[Entries]) -> Entries:
            columns = [taken(entries, index) for entries, index in zip(operands, maps, strict=True)]
            return [function(*row) for row in zip(*columns, strict=True)]

        def backward(operands: list[Entries], output: Entries, cotangent: Entries) -> Shares:
            assert partials is not None
            columns = [taken(entries, index) for entries, index in zip(operands, maps, strict=True)]
            shares: Shares = []
            for k, partial in enumerate(partials):
                if not site.active[k]:
                    shares.append(None)
                    continue
                rows = zip(cotangent, *columns, output, strict=True)
                own = [c if _nothing(c) else c * partial(*rest) for c, *rest in rows]
                shares.append(returned(own, maps[k], site.operands[k].size))
            return shares

        return Kernel(forward, None if partials is None else backward, site.output.size)

    return build


def _nothing(value: Any) -> bool:
    return isinstance(value, int) and value == 0


def infer_reals(count: int) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == count and all(s.is_real for s in operands), f"{count} real operands are wanted")
        return Signature(common_shape([s.shape for s in operands]))

    return infer


def infer_same(count: int, kinds: str) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    """Operands of one type: among "f" reals, "i" integers, "b" booleans."""

    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == count and len({s.dtype for s in operands}) == 1, f"{count} operands of one type")
        demand(_kind(operands[0]) in kinds, f"operands of type {operands[0].dtype}")
        return Signature(common_shape([s.shape for s in operands]), operands[0].dtype)

    return infer


def _kind(signature: Signature) -> str:
    return "f" if signature.is_real else "b" if signature.dtype == "bool" else "i"

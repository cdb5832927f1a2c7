"""What one primitive does: its shape rule, and the computation of one equation."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any, NamedTuple

from flint import arb

from recheck.program.signature import Signature, common_shape, demand, spread

Entries = list[Any]
Element = Any
_NUMBERS = count()


class Node:
    """A value that depends on differentiated inputs; shares: (earlier node, partial derivative) pairs."""

    __slots__ = ("number", "shares", "value")

    def __init__(self, value: Any, shares: "Sequence[tuple[Node, Any]]" = ()) -> None:
        self.number, self.value, self.shares = next(_NUMBERS), value, shares


def plain(x: Any) -> Any:
    """The value without its history."""
    return x.value if isinstance(x, Node) else x


def lifted(function: Callable[..., Any], partials: Sequence[Callable[..., Any]], arguments: Sequence[Any]) -> Any:
    """A function's value; partials: its derivatives by each argument, given (arguments..., value). None: constant."""
    values = [plain(x) for x in arguments]
    value = function(*values)
    pairs = zip(arguments, partials, strict=False)
    return kept(value, [(x, partial(*values, value)) for x, partial in pairs if isinstance(x, Node)])


def kept(value: Any, shares: Sequence[tuple[Any, Any]]) -> Any:
    """The value with its history, where it has one."""
    shares = [(x, partial) for x, partial in shares if isinstance(x, Node)]
    return Node(value, shares) if shares else value


def added(terms: Iterable[Any], zero: Any) -> Any:
    """The sum of the terms, zero where there are none."""
    terms = list(terms)
    return kept(sum(map(plain, terms[1:]), plain(terms[0])) if terms else zero, [(x, arb(1)) for x in terms])


def combined(terms: Sequence[tuple[Any, Any]]) -> Any:
    """sum_i a_i b_i, of reals."""
    pairs = [(plain(a), plain(b)) for a, b in terms]
    shares = [share for (a, b), (x, y) in zip(terms, pairs, strict=True) for share in ((a, y), (b, x))]
    products = [x * y for x, y in pairs]
    return kept(sum(products[1:], products[0]) if products else arb(0), shares)


def gradient(output: Any, inputs: Sequence[Node]) -> list[Any]:
    """The derivatives of one value by the inputs: the chain rule, from later nodes to earlier ones."""
    if not isinstance(output, Node):
        return [arb(0)] * len(inputs)
    nodes, waiting = {output.number: output}, [output]
    while waiting:
        for parent, _ in waiting.pop().shares:
            if parent.number not in nodes:
                nodes[parent.number] = parent
                waiting.append(parent)
    totals: dict[int, Any] = {output.number: arb(1)}
    for number in sorted(nodes, reverse=True):
        total = totals[number]
        for parent, partial in nodes[number].shares:
            share, before = total * partial, totals.get(parent.number)
            totals[parent.number] = share if before is None else before + share
    return [totals.get(x.number, arb(0)) for x in inputs]


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


def rows_of(site: Site, operands: list[Entries]) -> list[Entries]:
    """The operands of each entry of an elementwise result."""
    shape = site.output.shape
    columns = [taken(x, spread(own.shape, shape)) for x, own in zip(operands, site.operands, strict=True)]
    return [list(row) for row in zip(*columns, strict=True)]


def elementwise(function: Callable[..., Element], partials: Sequence[Callable[..., Element]] = ()) -> Kernel:
    """An elementwise function and its partial derivatives, each given (operands..., value); none: locally constant."""

    def run(site: Site, operands: list[Entries]) -> Entries:
        return [lifted(function, partials, row) for row in rows_of(site, operands)]

    return run


def infer_reals(count: int) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    return infer_same(count, "f")


def infer_same(count: int, kinds: str) -> Callable[[Sequence[Signature], Mapping[str, Any]], Signature]:
    """Operands of one type: among "f" reals, "i" integers, "b" booleans."""

    def infer(operands: Sequence[Signature], parameters: Mapping[str, Any]) -> Signature:
        demand(len(operands) == count and len({s.dtype for s in operands}) == 1, f"{count} operands of one type")
        demand(kind_of(operands[0]) in kinds, f"operands of type {operands[0].dtype}")
        return Signature(common_shape([s.shape for s in operands]), operands[0].dtype)

    return infer


def kind_of(signature: Signature) -> str:
    return "f" if signature.is_real else "b" if signature.dtype == "bool" else "i"

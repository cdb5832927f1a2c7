"""Derivatives: a value remembers the values from which it was computed, and its partial derivatives by them."""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any

from flint import arb

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

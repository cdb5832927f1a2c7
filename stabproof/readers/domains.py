"""Where formulas are defined, kept beside SymPy's expressions: sqrt(x)^2 becomes x there, and x/x becomes 1.

A `Demand` says what a formula asks of an expression (a logarithm: that its argument is positive). Formulas are built
through a `Domain`, which compares what goes into an operation with what is left in its result and keeps what SymPy's
simplification has dropped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import sympy

from foundation import InputError

# Functions of one argument with poles or gaps; what they ask is that they themselves have a value.
_PARTIAL = frozenset(
    f"{prefix}{name}{suffix}"
    for prefix, names, suffix in (
        ("", ("tan", "sec", "csc", "cot", "csch", "coth"), ""),
        ("a", ("sin", "cos", "sec", "csc", "cosh", "tanh", "sech", "csch", "coth"), ""),
    )
    for name in names
)


@final
@dataclass(frozen=True)
class Demand:
    """kind: "positive", "nonnegative", "nonzero" of `of`, or "value": that `of` has a value."""

    kind: str
    of: Any

    def term(self) -> Any:
        """An expression that has a value exactly where the demand is met."""
        return {"positive": sympy.log, "nonnegative": _root, "nonzero": _reciprocal}.get(self.kind, _same)(self.of)

    def described(self) -> str:
        return f"{self.of} is {_WORDS[self.kind]}"


def _root(x: Any) -> Any:
    return sympy.Pow(x, sympy.S.Half)


def _reciprocal(x: Any) -> Any:
    return sympy.Pow(x, sympy.S.NegativeOne)


def _same(x: Any) -> Any:
    return x


Demands = frozenset[Demand]
NONE: Demands = frozenset()


@final
@dataclass
class Domain:
    """Builds expressions; `dropped`: what their results do not show any more."""

    dropped: set[Demand] = field(default_factory=set)
    _known: dict[Any, Demands] = field(default_factory=dict)

    def apply(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """function(*arguments), with the demands that its result has lost kept."""
        result = function(*arguments)
        asked = _own(function, arguments).union(*(self.demands(a) for a in arguments))
        if asked:
            left = self.demands(result)
            self.dropped.update(d for d in asked if not _covered(d, left))
        return result

    def demands(self, expression: Any) -> Demands:
        """All that an expression asks of its variables."""
        if not isinstance(expression, sympy.Basic) or not expression.args:
            return NONE
        if expression not in self._known:
            for part in sympy.postorder_traversal(expression):
                if part not in self._known:
                    inner = NONE.union(*(self._known.get(a, NONE) for a in part.args))
                    if isinstance(part, sympy.Piecewise) and inner:
                        self._known[part] = frozenset({Demand("value", part)})
                    else:
                        self._known[part] = inner | _own(part.func, part.args)
        return self._known[expression]

    def renewed(self, demand: Demand, values: Mapping[Any, Any]) -> Demands:
        """What is left of a demand when values are put in."""
        of = self.substituted(demand.of, values)
        if demand.kind == "nonzero":
            return _nonzero(of)
        if demand.kind != "value":
            return _signed(demand.kind, of)
        return frozenset({Demand("value", of)}) if of.is_number else self.demands(of)

    def substituted(self, expression: Any, values: Mapping[Any, Any]) -> Any:
        """The expression with values put in, built again from its leaves."""
        built: dict[Any, Any] = {}
        for part in sympy.postorder_traversal(expression):
            if part not in built:
                whole = bool(part.args) and part.free_symbols & values.keys()
                built[part] = self.apply(part.func, *(built[a] for a in part.args)) if whole else values.get(part, part)
        return built[expression]


def checked(demands: Iterable[Demand], shown: Demands, variables: Iterable[Any]) -> tuple[Demand, ...]:
    """Those that speak of variables and are not shown; raises `InputError` where one on numbers is not met."""
    names, left = set(variables), []
    for demand in sorted(demands, key=str):
        if demand.of.free_symbols & names:
            left += [] if _covered(demand, shown) else [demand]
        elif not _met(demand):
            raise InputError(f"a formula asks that {demand.described()}, which it is not here")
    return tuple(left)


_WORDS = {"positive": "positive", "nonnegative": "not negative", "nonzero": "not zero", "value": "a number"}


def _met(demand: Demand) -> bool:
    of = demand.of
    if demand.kind == "value":
        return bool(of.is_real)
    return bool({"positive": of.is_positive, "nonnegative": of.is_nonnegative, "nonzero": of.is_nonzero}[demand.kind])


def _own(function: Any, arguments: tuple[Any, ...]) -> Demands:
    """What applying the function asks of its arguments."""
    if function is sympy.Pow:
        base, exponent = arguments
        if exponent.is_Integer:
            return _nonzero(base) if exponent < 0 else NONE
        if exponent.is_Rational:
            return _signed("nonnegative" if exponent > 0 else "positive", base)
        # with another exponent put in it may ask for nothing, or only that the base is not zero
        return NONE if base.is_positive else frozenset({Demand("value", sympy.Pow(base, exponent))})
    if function is sympy.log:
        return _signed("positive", arguments[0])
    if getattr(function, "__name__", "") in _PARTIAL:
        value = function(*arguments)
        # what SymPy rewrites as other functions shows their demands
        return frozenset({Demand("value", value)}) if isinstance(value, function) else NONE
    return NONE


def _nonzero(e: Any) -> Demands:
    if e.is_nonzero:
        return NONE
    if isinstance(e, sympy.Mul):
        return NONE.union(*(_nonzero(factor) for factor in e.args))
    if isinstance(e, sympy.Abs) or (isinstance(e, sympy.Pow) and e.exp.is_Rational and e.exp > 0):
        return _nonzero(e.args[0])
    return frozenset({Demand("nonzero", -e if e.could_extract_minus_sign() else e)})


def _signed(kind: str, e: Any) -> Demands:
    """Positive factors say nothing; factors that are not negative must not vanish where the whole is to be positive."""
    if e.is_positive or (kind == "nonnegative" and e.is_nonnegative):
        return NONE
    rest, found = sympy.S.One, NONE
    for factor in sympy.Mul.make_args(e):
        if factor.is_nonnegative:
            found |= _nonzero(factor) if kind == "positive" else NONE
        elif factor.is_negative:
            rest = -rest
        else:
            rest = rest * factor
    return found if rest == 1 else found | {Demand(kind, rest)}


def _covered(demand: Demand, left: Demands) -> bool:
    kinds = {"nonnegative": ("nonnegative", "positive"), "nonzero": ("nonzero", "positive")}.get(
        demand.kind, (demand.kind,)
    )
    return any(Demand(kind, demand.of) in left for kind in kinds) or (
        demand.kind == "nonzero" and Demand("positive", -demand.of) in left
    )

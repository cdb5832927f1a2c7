"""SBML's mathematics: the tree of MathML as SymPy expressions, never its infix text."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import sympy

from foundation import InputError
from stabproof.readers.domains import Domain

_MOST_NODES = 200_000
_DEEPEST = 200
_MOST_BITS = 20_000  # of a power of two numbers
_AVOGADRO = sympy.Rational("6.02214179e23")  # SBML Level 3 Version 1, section 3.4.6

_ONE = {
    "EXP": sympy.exp,
    "LN": sympy.log,
    "ABS": sympy.Abs,
    "FLOOR": sympy.floor,
    "CEILING": sympy.ceiling,
    **{name.upper(): getattr(sympy, name) for name in ("sin", "cos", "tan", "sec", "csc", "cot")},
    **{name.upper(): getattr(sympy, name) for name in ("sinh", "cosh", "tanh", "sech", "csch", "coth")},
    **{f"ARC{name.upper()}": getattr(sympy, f"a{name}") for name in ("sin", "cos", "tan", "sec", "csc", "cot")},
    **{f"ARC{name.upper()}": getattr(sympy, f"a{name}") for name in ("sinh", "cosh", "tanh", "sech", "csch", "coth")},
}
_RELATIONS = {"EQ": sympy.Eq, "NEQ": sympy.Ne, "GEQ": sympy.Ge, "GT": sympy.Gt, "LEQ": sympy.Le, "LT": sympy.Lt}
_REFUSED = {
    "FUNCTION_DELAY": "a delay: such a system is not an ordinary differential equation",
    "NAME_TIME": "the time: such a system is not autonomous",
    "FUNCTION_RATE_OF": "rateOf",
}


@final
@dataclass
class MathReader:
    """Reads trees. library: the module libsbml. functions: the model's function definitions, by their ids."""

    library: Any
    functions: Mapping[str, Any]
    left: int = _MOST_NODES
    names: dict[int, str] = field(default_factory=dict)
    domain: Domain = field(default_factory=Domain)

    def __post_init__(self) -> None:
        for name in dir(self.library):
            if name.startswith("AST_"):
                self.names[getattr(self.library, name)] = name[4:]

    def read(self, node: Any, symbol: Callable[[str], sympy.Expr], where: str, depth: int = 0) -> Any:
        """The expression of a tree; symbol: identifier -> expression, `InputError` for an unknown one."""
        if node is None:
            raise InputError(f"{where} has no formula")
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            raise InputError(f"the formulas of the model are too large or too deep (in {where})")
        name = self.names.get(node.getType(), "UNKNOWN")
        if name in _REFUSED:
            raise InputError(f"{where} uses {_REFUSED[name]}; this is not modelled")
        if name == "FUNCTION":
            return self._called(node, symbol, where, depth)
        if name == "FUNCTION_PIECEWISE":
            return self._piecewise(node, symbol, where, depth)
        leaf = _leaf(node, name, symbol)
        if leaf is not None:
            return leaf
        parts = [self.read(node.getChild(i), symbol, where, depth + 1) for i in range(node.getNumChildren())]
        return _applied(self.domain, name, parts, where)

    def _called(self, node: Any, symbol: Callable[[str], sympy.Expr], where: str, depth: int) -> Any:
        name = node.getName()
        definition = self.functions.get(name)
        if definition is None:
            raise InputError(f"{where} calls the function {name!r}, which the model does not define")
        arguments = [self.read(node.getChild(i), symbol, where, depth + 1) for i in range(node.getNumChildren())]
        if len(arguments) != definition.getNumArguments():
            raise InputError(f"{where} calls {name!r} with {len(arguments)} arguments")
        bound = {definition.getArgument(i).getName(): value for i, value in enumerate(arguments)}

        def inner(identifier: str) -> sympy.Expr:
            if identifier not in bound:
                raise InputError(f"the function {name!r} uses {identifier!r}, which is none of its arguments")
            return bound[identifier]

        return self.read(definition.getBody(), inner, f"the function {name!r}", depth + 1)

    def _piecewise(self, node: Any, symbol: Callable[[str], sympy.Expr], where: str, depth: int) -> Any:
        parts = [self.read(node.getChild(i), symbol, where, depth + 1) for i in range(node.getNumChildren())]
        if len(parts) % 2 == 0:
            raise InputError(f"{where} has a piecewise formula without a value otherwise")
        pieces = [(parts[i], parts[i + 1]) for i in range(0, len(parts) - 1, 2)]
        return sympy.Piecewise(*pieces, (parts[-1], True))


def _leaf(node: Any, name: str, symbol: Callable[[str], sympy.Expr]) -> Any:
    if name == "INTEGER":
        return sympy.Integer(node.getInteger())
    if name == "RATIONAL":
        return sympy.Rational(node.getNumerator(), node.getDenominator())
    if name in ("REAL", "REAL_E"):
        return exact(node.getReal(), "a number of the model")
    if name == "NAME":
        return symbol(node.getName())
    constants = {
        "CONSTANT_PI": sympy.pi,
        "CONSTANT_E": sympy.E,
        "CONSTANT_TRUE": sympy.true,
        "CONSTANT_FALSE": sympy.false,
        "NAME_AVOGADRO": _AVOGADRO,
    }
    return constants.get(name)


def _applied(domain: Domain, name: str, parts: list[Any], where: str) -> Any:
    apply = domain.apply
    if name == "PLUS":
        return apply(sympy.Add, *parts)
    if name == "TIMES":
        return apply(sympy.Mul, *parts)
    if name == "MINUS":
        return -parts[0] if len(parts) == 1 else apply(sympy.Add, parts[0], -parts[1])
    if name == "DIVIDE":
        return divided(domain, parts[0], parts[1], where)
    if name in ("POWER", "FUNCTION_POWER"):
        return power(domain, parts[0], parts[1], where)
    if name == "FUNCTION_ROOT":  # degree, then radicand
        return power(domain, parts[1], divided(domain, sympy.S.One, parts[0], where), where)
    if name == "FUNCTION_LOG":  # base, 10 where the file gives none, then argument
        base, argument = (apply(sympy.log, part) for part in parts)
        return divided(domain, argument, base, where)
    if name in ("FUNCTION_MAX", "FUNCTION_MIN"):
        return apply(sympy.Max if name.endswith("MAX") else sympy.Min, *parts)
    if name.startswith("RELATIONAL_"):
        relation = _RELATIONS[name.removeprefix("RELATIONAL_")]
        return apply(sympy.And, *(apply(relation, a, b) for a, b in itertools.pairwise(parts)))
    if name in ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_NOT", "LOGICAL_XOR"):
        logical = {"AND": sympy.And, "OR": sympy.Or, "NOT": sympy.Not, "XOR": sympy.Xor}[name.removeprefix("LOGICAL_")]
        return apply(logical, *parts)
    known = _ONE.get(name.removeprefix("FUNCTION_"))
    if known is None or len(parts) != 1:
        raise InputError(f"{where} uses MathML's {name.lower()}, which is not modelled")
    return apply(known, parts[0])


def divided(domain: Domain, above: Any, below: Any, where: str) -> Any:
    """above / below; raises `InputError` where below is 0."""
    if below == 0:
        raise InputError(f"{where} divides by zero")
    return domain.apply(sympy.Mul, above, domain.apply(sympy.Pow, below, sympy.S.NegativeOne))


def exact(value: float, what: str) -> sympy.Rational:
    """The float as an exact number; raises `InputError` on NaN and infinity."""
    if value != value or value in (float("inf"), float("-inf")):
        raise InputError(f"{what} is {value}, which is not a number")
    return sympy.Rational(value)


def power(domain: Domain, base: Any, exponent: Any, where: str) -> Any:
    """base^exponent; raises `InputError` where its number would fill the memory, or is none."""
    if base.is_Rational and exponent.is_Rational and not _bits(base) * abs(exponent) <= _MOST_BITS:
        raise InputError(f"{where} has the power {exponent} of a number, which is too large")
    result = domain.apply(sympy.Pow, base, exponent)
    if result.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
        raise InputError(f"{where} has a power that is not a real number: ({base})^({exponent})")
    return result


def _bits(value: sympy.Rational) -> int:
    return max(int(value.p).bit_length(), int(value.q).bit_length())

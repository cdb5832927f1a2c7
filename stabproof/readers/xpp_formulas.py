"""XPP's formulas as SymPy expressions, by the program's own table of precedence.

`^` groups from the left (2^3^2 = 64) and binds closer than a leading minus (-x^2 = -(x^2)); a minus stands only where a
formula, a parenthesis or an argument begins (x^-1 and a*-b are errors there, and here).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import sympy

from foundation import InputError
from stabproof.readers.domains import Domain
from stabproof.readers.sbml_math import divided, power

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|(?P<name>[a-z_]\w*)|(?P<sign>==|!=|<=|>=|[-+*/^(),<>&|]))"
)
_LONGEST, _DEEPEST, _MOST_CALLS = 10_000, 100, 20_000
_BINARY = {"|": 1, "&": 2, "==": 3, "!=": 3, "<": 3, ">": 3, "<=": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "^": 6}
_RELATIONS = {"==": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, ">": sympy.Gt, "<=": sympy.Le, ">=": sympy.Ge}


def _heaviside(x: Any) -> Any:
    return sympy.Piecewise((sympy.S.Zero, x < 0), (sympy.S.One, True))


def _modulo(a: Any, b: Any) -> Any:
    """C's fmod, and b added where that is negative: for b < 0 not the remainder with the sign of b."""
    plain, toward_zero = a - b * sympy.floor(a / b), a + b * sympy.floor(-a / b)
    below = (plain + b, sympy.And(a < 0, sympy.Ne(plain, 0)))
    return sympy.Piecewise((plain, b > 0), (toward_zero, a >= 0), below, (sympy.S.Zero, True))


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    **{
        name: (1, getattr(sympy, name)) for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "asin", "acos")
    },
    "atan": (1, sympy.atan),
    "atan2": (2, sympy.atan2),
    "ln": (1, sympy.log),
    "log": (1, sympy.log),
    "log10": (1, lambda x: sympy.log(x) / sympy.log(10)),
    "sqrt": (1, lambda x: sympy.Pow(x, sympy.S.Half)),
    "abs": (1, sympy.Abs),
    "sign": (1, sympy.sign),
    "heav": (1, _heaviside),
    "flr": (1, sympy.floor),
    "mod": (2, _modulo),
    "max": (2, sympy.Max),
    "min": (2, sympy.Min),
    "erf": (1, sympy.erf),
    "erfc": (1, sympy.erfc),
}
RESERVED = frozenset(_FUNCTIONS) | {"pi", "t", "if", "then", "else", "not"}
_REFUSED = {
    "t": "the time: such a system is not autonomous",
    "delay": "a delay: such a system is not an ordinary differential equation",
    "shift": "shift()",
    "ran": "random numbers",
    "normal": "random numbers",
    "sum": "sum()of",
    "int": "an integral",
}


@final
@dataclass(frozen=True)
class Function:
    """A function of the file: its arguments and the text of its body."""

    arguments: tuple[str, ...]
    body: str


@final
class Formulas:
    """Reads formulas; meaning: name -> expression, None where the file has no such name so far."""

    def __init__(self, meaning: Callable[[str], Any], functions: dict[str, Function]) -> None:
        self.meaning, self.functions, self.domain, self._calls = meaning, functions, Domain(), 0

    def read(self, text: str, where: str, bound: dict[str, Any] | None = None, depth: int = 0) -> Any:
        """The expression of a text; raises `InputError` that says what is wrong in `where`."""
        if len(text) > _LONGEST or depth > _DEEPEST:
            raise InputError(f"the formula of {where} is too long or too deep")
        self._calls += 1
        if self._calls > _MOST_CALLS:
            raise InputError(f"the functions of the file call each other too often (in {where})")
        return _Reader(self, text, where, bound or {}, depth).whole()


@final
class _Reader:
    def __init__(self, formulas: Formulas, text: str, where: str, bound: dict[str, Any], depth: int) -> None:
        self._formulas, self._where, self._bound, self._depth = formulas, where, bound, depth
        self._tokens, self._place = _tokens(text, where), 0

    def whole(self) -> Any:
        value = self._formula(0, self._depth)
        if self._place < len(self._tokens):
            self._refuse(f"has {self._tokens[self._place][1]!r} where an operator is expected")
        return value

    def _refuse(self, what: str) -> Any:
        raise InputError(f"the formula of {self._where} {what}")

    def _peek(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _take(self, expected: str = "") -> tuple[str, str]:
        if self._place >= len(self._tokens) or (expected and self._peek() != expected):
            self._refuse(f"ends or has {self._peek()!r} where {expected or 'a value'!r} is expected")
        self._place += 1
        return self._tokens[self._place - 1]

    def _formula(self, least: int, depth: int) -> Any:
        """Operators that bind closer than `least`; at 0 a leading minus is allowed."""
        if depth > self._depth + _DEEPEST:
            self._refuse("is too deep")
        if least == 0 and self._peek() in ("-", "+"):
            sign = self._take()[1]
            value = self._formula(_BINARY["*"], depth + 1)
            left = -value if sign == "-" else value
            # what is left of the product stands behind the sign
            return self._more(left, 0, depth)
        return self._more(self._value(depth), least, depth)

    def _more(self, left: Any, least: int, depth: int) -> Any:
        while _BINARY.get(self._peek(), -1) > least:
            operator = self._take()[1]
            left = self._joined(operator, left, self._formula(_BINARY[operator], depth + 1))
        return left

    def _joined(self, operator: str, a: Any, b: Any) -> Any:
        domain, where = self._formulas.domain, f"the formula of {self._where}"
        if operator in "&|":
            return domain.apply(sympy.And if operator == "&" else sympy.Or, _truth(a), _truth(b))
        a, b = _numeric(a), _numeric(b)
        if operator in _RELATIONS:
            return domain.apply(_RELATIONS[operator], a, b)
        if operator == "^":
            return power(domain, a, b, where)
        if operator == "/":
            return divided(domain, a, b, where)
        return domain.apply(sympy.Mul if operator == "*" else sympy.Add, a, -b if operator == "-" else b)

    def _value(self, depth: int) -> Any:
        kind, text = self._take()
        if kind == "number":
            return sympy.Rational(float(text))
        if text == "(":
            value = self._formula(0, depth + 1)
            self._take(")")
            return value
        if kind != "name":
            return self._refuse(f"has {text!r} where a value is expected; put a signed value into parentheses")
        if text == "if":
            return self._choice(depth)
        if self._peek() == "(":
            return self._called(text, depth)
        return self._named(text)

    def _named(self, text: str) -> Any:
        if text in self._bound:
            return self._bound[text]
        if text == "pi":
            return sympy.pi
        if text in _REFUSED:
            self._refuse(f"uses {_REFUSED[text]}; this is not modelled")
        found = self._formulas.meaning(text)
        if found is None:
            self._refuse(f"uses {text!r}, which the file does not define before it")
        return found

    def _arguments(self, depth: int) -> list[Any]:
        self._take("(")
        found = [self._formula(0, depth + 1)]
        while self._peek() == ",":
            self._take(",")
            found.append(self._formula(0, depth + 1))
        self._take(")")
        return found

    def _choice(self, depth: int) -> Any:
        parts = []
        for word in ("", "then", "else"):
            if word:
                self._take(word)
            self._take("(")
            parts.append(self._formula(0, depth + 1))
            self._take(")")
        condition, yes, no = parts
        return sympy.Piecewise((_numeric(yes), _truth(condition)), (_numeric(no), True))

    def _called(self, name: str, depth: int) -> Any:
        if name == "not":
            return sympy.Not(_truth(self._arguments(depth)[0]))
        arguments = [_numeric(a) for a in self._arguments(depth)]
        if name in self._formulas.functions:
            function = self._formulas.functions[name]
            if len(arguments) != len(function.arguments):
                self._refuse(f"calls {name!r} with {len(arguments)} arguments")
            bound = dict(zip(function.arguments, arguments, strict=True))
            return self._formulas.read(function.body, f"the function {name!r}", bound, depth + 1)
        if name in _REFUSED:
            self._refuse(f"uses {_REFUSED[name]}; this is not modelled")
        if name not in _FUNCTIONS:
            self._refuse(f"calls {name!r}, which XPP does not know or is not modelled")
        count, rule = _FUNCTIONS[name]
        if len(arguments) != count:
            self._refuse(f"calls {name!r} with {len(arguments)} arguments")
        value = self._formulas.domain.apply(rule, *arguments)
        if value.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I):
            self._refuse(f"has a value of {name!r} that is not a real number")
        return value


def _tokens(text: str, where: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise InputError(f"the formula of {where} has {text[place:].strip()[:20]!r}, which is not read")
        found.append((match.lastgroup or "", match.group(match.lastgroup or "")))
        place = match.end()
    return found


def _truth(value: Any) -> Any:
    return sympy.Ne(value, 0) if isinstance(value, sympy.Expr) else value


def _numeric(value: Any) -> Any:
    """XPP counts a comparison as 1 or 0."""
    return value if isinstance(value, sympy.Expr) else sympy.Piecewise((sympy.S.One, value), (sympy.S.Zero, True))

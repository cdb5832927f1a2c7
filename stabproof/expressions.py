"""SymPy expressions as programs: exact, without rounding a single constant."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, NoReturn, final

import sympy

from certify.program.builder import Builder
from certify.program.program import Program
from certify.program.signature import Signature
from foundation import InputError

_UNARY = (
    *("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    *("erf", "erfc", "sign"),
)
_FUNCTIONS = {getattr(sympy, name): name for name in _UNARY} | {sympy.Abs: "abs", sympy.atan2: "atan2"}
_EXTREMA = {sympy.Max: "max", sympy.Min: "min"}
_RECIPROCALS = {sympy.sec: "cos", sympy.csc: "sin", sympy.cot: "tan", sympy.sech: "cosh", sympy.csch: "sinh"}
_LARGEST_EXACT = 2**53


def expression_list(field: Any) -> list[sympy.Expr]:
    """The components of a SymPy field; raises `InputError` on anything that is no real expression."""
    entries = list(field) if isinstance(field, sympy.MatrixBase | list | tuple) else [field]
    try:
        expressions = [sympy.sympify(entry, strict=True) for entry in entries]
    except sympy.SympifyError as error:
        raise InputError(f"the field's components must be SymPy expressions, but one is {error.expr!r}") from None
    for expression in expressions:
        if not isinstance(expression, sympy.Expr) or expression.has(sympy.I, sympy.nan, sympy.oo, sympy.zoo):
            raise InputError(f"the field's component {expression} is not a finite real expression")
    return expressions


def ordered_variables(expressions: Sequence[sympy.Expr], variables: Any) -> list[sympy.Symbol]:
    """The symbols in order.

    Without `variables` the free symbols are taken when there are as many as components, sorted by name with numbers in
    their order (x2 before x10); else `InputError`.
    """
    free = sorted(set().union(*(e.free_symbols for e in expressions)), key=_natural)
    if variables is None:
        if len(free) != len(expressions):
            names = ", ".join(map(str, free)) or "none"
            raise InputError(
                f"{len(expressions)} expressions have {len(free)} free symbols ({names}); pass variables=[...] in the "
                "order of the components, and substitute numbers for parameters"
            )
        return free
    chosen = [variables] if isinstance(variables, sympy.Symbol) else list(variables)
    if not all(isinstance(v, sympy.Symbol) for v in chosen) or len(set(chosen)) != len(chosen):
        raise InputError(f"variables must be different SymPy symbols, but are {chosen}")
    unknown = [str(s) for s in free if s not in chosen]
    if unknown:
        raise InputError(
            f"the symbols {', '.join(unknown)} are not variables; substitute numbers for parameters, or add them"
        )
    if len(chosen) != len(expressions):
        raise InputError(
            f"{len(expressions)} expressions in {len(chosen)} variables; an equilibrium needs a square field"
        )
    return chosen


def program_of(expressions: Sequence[sympy.Expr], variables: Sequence[sympy.Symbol]) -> Program:
    """The program (n,) -> (m,) of the expressions, as exact functions of real numbers.

    Rational and decimal numbers are kept exactly, pi and e are computed where they are needed. Raises `InputError` that
    names a function that cannot be enclosed.
    """
    return _Writer(variables).program(expressions)


@final
class _Writer:
    """Writes expressions to a builder; equal subexpressions are written once."""

    def __init__(self, variables: Sequence[sympy.Symbol]) -> None:
        self._builder = Builder()
        whole = self._builder.input(Signature((len(variables),)))
        self._refs: dict[sympy.Basic, int] = {}
        for i, variable in enumerate(variables):
            entry = self._builder.emit("slice", whole, starts=(i,), limits=(i + 1,), strides=(1,))
            self._refs[variable] = self._builder.emit("reshape", entry, shape=())

    def program(self, expressions: Sequence[sympy.Expr]) -> Program:
        rows = [self._builder.emit("reshape", self._ref(e), shape=(1,)) for e in expressions]
        return self._builder.program([rows[0] if len(rows) == 1 else self._emit("concatenate", *rows, axis=0)])

    def _emit(self, primitive: str, *operands: int, **parameters: Any) -> int:
        return self._builder.emit(primitive, *operands, **parameters)

    def _ref(self, expression: sympy.Basic) -> int:
        for part in sympy.postorder_traversal(expression):
            if part not in self._refs and isinstance(part, sympy.Expr):
                self._refs[part] = self._written(part)
        return self._refs[expression]

    def _written(self, e: sympy.Expr) -> int:
        if e.is_Rational or e.is_Float:
            return self._rational(sympy.Rational(e))
        if e in _CONSTANTS:
            return _CONSTANTS[e](self._emit, self._rational)
        if any(argument not in self._refs for argument in e.args):
            _refuse(e)
        operands = [self._refs[argument] for argument in e.args]
        if e.is_Add:
            return reduce(lambda x, y: self._emit("add", x, y), operands)
        if e.is_Mul:
            return self._product(e)
        if e.is_Pow:
            return self._power(e.base, e.exp)
        return self._function(e, operands)

    def _product(self, e: sympy.Expr) -> int:
        """Factors with negative powers become one division."""
        above, below = e.as_numer_denom() if all(_is_plain_power(f) for f in e.args) else (e, sympy.S.One)
        if below == 1 or not above.is_commutative:
            return reduce(lambda x, y: self._emit("mul", x, y), [self._refs[f] for f in e.args])
        return self._emit("div", self._ref(above), self._ref(below))

    def _power(self, base: sympy.Expr, exponent: sympy.Expr) -> int:
        x = self._refs[base]
        if exponent.is_Integer:
            if abs(int(exponent)) > 2**20:
                raise InputError(f"the exponent {exponent} is out of range")
            return self._emit("integer_pow", x, exponent=int(exponent))
        if exponent.is_Rational and exponent.q == 2:
            root = self._emit("sqrt", x)
            return root if exponent.p == 1 else self._emit("integer_pow", root, exponent=int(exponent.p))
        if base == sympy.E:
            return self._emit("exp", self._refs[exponent])
        return self._emit("pow", x, self._refs[exponent])

    def _function(self, e: sympy.Expr, operands: list[int]) -> int:
        kind = type(e)
        if kind in _FUNCTIONS:
            return self._emit(_FUNCTIONS[kind], *operands)
        if kind in _EXTREMA:
            return reduce(lambda x, y: self._emit(_EXTREMA[kind], x, y), operands)
        if kind in _RECIPROCALS:
            return self._emit("div", self._builder.number(1.0), self._emit(_RECIPROCALS[kind], *operands))
        if kind is sympy.coth:
            return self._emit("div", self._builder.number(1.0), self._emit("tanh", *operands))
        _refuse(e)

    def _rational(self, value: sympy.Rational) -> int:
        """p / q as a division of two exact numbers, which the program never carries out in floats."""
        if value.q == 1 or _is_float(value):
            return self._integer(int(value.p)) if value.q == 1 else self._builder.number(float(value))
        return self._emit("div", self._integer(int(value.p)), self._integer(int(value.q)))

    def _integer(self, value: int) -> int:
        """Whole numbers beyond 2^53 are put together from parts."""
        if abs(value) <= _LARGEST_EXACT:
            return self._builder.number(float(value))
        if abs(value).bit_length() > 2000:
            raise InputError(f"the whole number {str(value)[:20]}... in the field is too large")
        high, low = divmod(value, _LARGEST_EXACT)
        scaled = self._emit("mul", self._integer(high), self._builder.number(float(_LARGEST_EXACT)))
        return self._emit("add", scaled, self._builder.number(float(low)))


def _is_float(value: sympy.Rational) -> bool:
    return abs(value.p) <= _LARGEST_EXACT and value.q & (value.q - 1) == 0 and value.q <= 2**1000


def _is_plain_power(factor: sympy.Expr) -> bool:
    return not (factor.is_Pow and not factor.exp.is_Integer)


def _refuse(e: sympy.Expr) -> NoReturn:
    raise InputError(f"SymPy's `{type(e).__name__}` cannot be enclosed (in {e}); rewrite the field without it")


def _natural(symbol: sympy.Symbol) -> tuple[Any, ...]:
    """x2 before x10."""
    digits = symbol.name.rstrip("0123456789")
    number = symbol.name[len(digits) :]
    return digits, int(number or -1), symbol.name


_CONSTANTS: dict[sympy.Expr, Callable[..., int]] = {
    sympy.pi: lambda emit, rational: emit("mul", rational(sympy.Integer(4)), emit("atan", rational(sympy.Integer(1)))),
    sympy.E: lambda emit, rational: emit("exp", rational(sympy.Integer(1))),
    sympy.GoldenRatio: lambda emit, rational: emit(
        "div",
        emit("add", rational(sympy.Integer(1)), emit("sqrt", rational(sympy.Integer(5)))),
        rational(sympy.Integer(2)),
    ),
}

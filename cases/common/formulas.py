"""Functions that a user writes as text, such as "x1^2 - sin(x2)/3": read by rules, never executed."""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import jax.numpy as jnp
import sympy

from cases.common.parameters import as_float
from foundation import InputError

FUNCTIONS = ("sin", "cos", "exp", "tanh", "sinh", "cosh", "atan")
_LONGEST, _LARGEST_POWER = 400, 12


@final
@dataclass(frozen=True)
class Arithmetic:
    """Where a formula is computed: what a rational constant becomes, and the functions by name."""

    constant: Callable[[Fraction], Any]
    functions: Mapping[str, Callable[[Any], Any]]


SYMBOLIC = Arithmetic(
    lambda number: sympy.Rational(number.numerator, number.denominator),
    {name: getattr(sympy, name) for name in FUNCTIONS},
)

# A quotient of whole numbers, so that a traced function keeps the constant exact.
TRACED = Arithmetic(
    lambda number: jnp.float64(as_float(Fraction(number.numerator))) / as_float(Fraction(number.denominator)),
    {name: getattr(jnp, "arctan" if name == "atan" else name) for name in FUNCTIONS},
)


@final
@dataclass(frozen=True)
class Formula:
    """A smooth real function of x1, ..., xd (x for x1)."""

    text: str
    tree: ast.expr
    variables: int

    def __str__(self) -> str:
        return self.text

    def at(self, point: Sequence[Any], arithmetic: Arithmetic) -> Any:
        """The value at a point with `variables` entries or more, in the given arithmetic."""
        return _value(self.tree, point, arithmetic)


@final
@dataclass(frozen=True)
class Formulas:
    """Several formulas, the components of a function."""

    parts: tuple[Formula, ...]

    def __len__(self) -> int:
        return len(self.parts)

    def __str__(self) -> str:
        return "; ".join(map(str, self.parts))

    def at(self, point: Sequence[Any], arithmetic: Arithmetic) -> list[Any]:
        """The values of all components."""
        return [part.at(point, arithmetic) for part in self.parts]


def formulas(largest: int, variables: int) -> Callable[[Any, str], Formulas]:
    """A reader of up to `largest` formulas, separated by ";", in at most `variables` variables.

    Allowed: + - * ^ with whole powers up to 12, division by numbers, and the functions in `FUNCTIONS`.
    """

    def read(value: Any, name: str) -> Formulas:
        if not isinstance(value, str) or len(value) > _LONGEST:
            raise InputError(f"{name} must be a text such as 'x1^2 - x2; sin(x1)', but is {value!r}")
        texts = [text.strip() for text in value.strip().strip(";").split(";")]
        if len(texts) > largest:
            raise InputError(f"{name} must hold at most {largest} formulas, but holds {len(texts)}")
        return Formulas(tuple(_formula(text, variables, name) for text in texts))

    return read


def _formula(text: str, variables: int, name: str) -> Formula:
    try:
        tree = ast.parse(text.replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            f"{name} holds {text!r}, which is not a formula; write for instance 'x1^2 - sin(x2)/3'"
        ) from None
    count = _checked(tree, name)
    if count > variables:
        raise InputError(f"{name} holds {text!r} with the variable x{count}; at most {variables} variables are allowed")
    return Formula(text, tree, count)


def _checked(tree: ast.expr, name: str) -> int:
    """The largest index of a variable; `InputError` for anything but the allowed operations."""
    if isinstance(tree, ast.Constant | ast.Name):
        return _variable(tree, name)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub | ast.UAdd):
        return _checked(tree.operand, name)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Add | ast.Sub | ast.Mult):
        return max(_checked(tree.left, name), _checked(tree.right, name))
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        if _checked(tree.right, name) or _value(tree.right, (), SYMBOLIC).is_zero is not False:
            raise InputError(f"{name} divides by {ast.unparse(tree.right)}; only numbers other than 0 may divide")
        return _checked(tree.left, name)
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Pow):
        power = tree.right
        if not (isinstance(power, ast.Constant) and type(power.value) is int and 0 < power.value <= _LARGEST_POWER):
            raise InputError(
                f"{name} holds the power {ast.unparse(power)}; use whole powers from 1 to {_LARGEST_POWER}"
            )
        return _checked(tree.left, name)
    if isinstance(tree, ast.Call) and len(tree.args) == 1 and not tree.keywords and ast.unparse(tree.func) in FUNCTIONS:
        return _checked(tree.args[0], name)
    raise InputError(f"{name} holds {ast.unparse(tree)!r}; allowed are + - * / ^ and {', '.join(FUNCTIONS)}")


def _variable(tree: ast.Constant | ast.Name, name: str) -> int:
    if isinstance(tree, ast.Constant):
        number: Any = tree.value
        if type(number) not in (int, float) or not abs(number) <= 10**6:
            raise InputError(f"{name} holds {tree.value!r}; numbers must be at most 10^6 in size")
        return 0
    index = tree.id[1:] or "1"
    if tree.id[0] != "x" or not index.isdecimal() or not 1 <= int(index) <= 99:
        raise InputError(f"{name} holds {tree.id!r}; the variables are x1, x2, ...")
    return int(index)


def _value(tree: ast.expr, point: Sequence[Any], arithmetic: Arithmetic) -> Any:
    if isinstance(tree, ast.Constant):
        return arithmetic.constant(Fraction(repr(tree.value)))
    if isinstance(tree, ast.Name):
        return point[int(tree.id[1:] or "1") - 1]
    if isinstance(tree, ast.UnaryOp):
        value = _value(tree.operand, point, arithmetic)
        return -value if isinstance(tree.op, ast.USub) else value
    if isinstance(tree, ast.Call):
        assert isinstance(tree.func, ast.Name)
        return arithmetic.functions[tree.func.id](_value(tree.args[0], point, arithmetic))
    assert isinstance(tree, ast.BinOp)
    left = _value(tree.left, point, arithmetic)
    if isinstance(tree.op, ast.Pow):
        assert isinstance(tree.right, ast.Constant)
        return left ** ast.literal_eval(tree.right)
    right = _value(tree.right, point, arithmetic)
    if isinstance(tree.op, ast.Add):
        return left + right
    if isinstance(tree.op, ast.Sub):
        return left - right
    return left * right if isinstance(tree.op, ast.Mult) else left / right

"""SymPy expressions as one JAX function, without rounding their rational numbers."""

from collections.abc import Callable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

import sympy

from foundation import InputError

_LARGEST_EXACT = 2**53
_RENAMED = {
    "Abs": "abs",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "asinh": "arcsinh",
    "acosh": "arccosh",
    "atanh": "arctanh",
    "atan2": "arctan2",
    "ceiling": "ceil",
}
_SAME = ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sign", "floor")
_RECIPROCAL = {"sec": "cos", "csc": "sin", "cot": "tan", "sech": "cosh", "csch": "sinh", "coth": "tanh"}
_RELATIONS = {
    sympy.StrictLessThan: "less",
    sympy.LessThan: "less_equal",
    sympy.StrictGreaterThan: "greater",
    sympy.GreaterThan: "greater_equal",
    sympy.Equality: "equal",
    sympy.Unequality: "not_equal",
}


def jax_field(
    expressions: Sequence[sympy.Expr], variables: Sequence[sympy.Symbol], needed: Sequence[sympy.Expr] = ()
) -> Callable[[Any], Any]:
    """x (n,) -> values (m,). A number p/q that is no float is computed as (p + 0 x_0) / q: traced, it stays exact.

    needed: expressions without whose values the values are none either.
    """

    def field(x: Any) -> Any:
        import jax.numpy as jnp

        x = jnp.asarray(x)
        known: dict[sympy.Basic, Any] = {v: x[i] for i, v in enumerate(variables)}
        zero = 0 * x[0]
        for expression in (*expressions, *needed):
            for part in sympy.postorder_traversal(expression):
                if part not in known and isinstance(part, sympy.Expr | sympy.logic.boolalg.Boolean):
                    known[part] = _value(part, known, zero, jnp)
        for expression in needed:
            zero = zero + 0 * known[expression]
        return jnp.stack([known[e] + zero for e in expressions])

    return field


def _value(e: Any, known: dict[sympy.Basic, Any], zero: Any, jnp: Any) -> Any:
    if e.is_Rational if isinstance(e, sympy.Expr) else False:
        return _rational(e, zero)
    if e == sympy.pi:
        return 4 * jnp.arctan(zero + 1)
    if e == sympy.E:
        return jnp.exp(zero + 1)
    operands = [known[a] for a in e.args if a in known]
    if isinstance(e, sympy.Add):
        return reduce(add, operands)
    if isinstance(e, sympy.Mul):
        return _product(e, known)
    if isinstance(e, sympy.Pow):
        return _power(e, known, jnp)
    if isinstance(e, sympy.Piecewise):
        return _piecewise(e, known, jnp)
    if type(e) in _RELATIONS:
        return getattr(jnp, _RELATIONS[type(e)])(*operands)
    if isinstance(e, sympy.And | sympy.Or):
        return reduce(jnp.logical_and if isinstance(e, sympy.And) else jnp.logical_or, operands)
    if isinstance(e, sympy.Not):
        return jnp.logical_not(operands[0])
    if isinstance(e, sympy.Max | sympy.Min):
        return reduce(jnp.maximum if isinstance(e, sympy.Max) else jnp.minimum, operands)
    return _function(e, operands, jnp)


def _function(e: Any, operands: list[Any], jnp: Any) -> Any:
    name = type(e).__name__
    if e in (sympy.true, sympy.false):
        return bool(e)
    if name in _SAME or name in _RENAMED:
        return getattr(jnp, _RENAMED.get(name, name))(*operands)
    if name in _RECIPROCAL:
        return 1 / getattr(jnp, _RECIPROCAL[name])(operands[0])
    raise InputError(f"the system's function `{name}` has no counterpart in JAX here (in {e})")


def _rational(value: Any, zero: Any) -> Any:
    p, q = int(value.p), int(value.q)
    try:
        if float(value) == value:
            return zero + float(value)
    except OverflowError:
        pass
    return _whole(p, zero) / _whole(q, zero) if q != 1 else _whole(p, zero)


def _whole(value: int, zero: Any) -> Any:
    """Whole numbers beyond 2^53 are put together from parts."""
    if abs(value) <= _LARGEST_EXACT:
        return zero + float(value)
    if value.bit_length() > 2000:
        raise InputError(f"the number {str(value)[:20]}... is too large")
    high, low = divmod(value, _LARGEST_EXACT)
    return _whole(high, zero) * float(_LARGEST_EXACT) + float(low)


def _product(e: sympy.Mul, known: dict[sympy.Basic, Any]) -> Any:
    above = [known[f] for f in e.args if not _is_reciprocal(f)]
    below = [_of_reciprocal(f, known) for f in e.args if _is_reciprocal(f)]
    top = reduce(mul, above) if above else 1.0
    return top / reduce(mul, below) if below else top


def _is_reciprocal(f: Any) -> bool:
    return isinstance(f, sympy.Pow) and f.exp.is_Integer and int(f.exp) < 0


def _of_reciprocal(f: Any, known: dict[sympy.Basic, Any]) -> Any:
    return known[f.base] ** int(-f.exp)


def _power(e: sympy.Pow, known: dict[sympy.Basic, Any], jnp: Any) -> Any:
    base, exponent = e.base, e.exp
    if exponent.is_Integer:
        count = int(exponent)
        return known[base] ** count if count > 0 else 1 / known[base] ** -count
    if exponent.is_Rational and exponent.q == 2:
        root = jnp.sqrt(known[base])
        return root ** int(exponent.p) if exponent.p > 0 else 1 / root ** int(-exponent.p)
    if base == sympy.E:
        return jnp.exp(known[exponent])
    return known[base] ** known[exponent]


def _piecewise(e: sympy.Piecewise, known: dict[sympy.Basic, Any], jnp: Any) -> Any:
    *pieces, last = e.args
    if last[1] != sympy.true:
        raise InputError(f"a piecewise formula has no value otherwise: {e}")
    value = known[last[0]]
    for piece in reversed(pieces):
        value = jnp.where(known[piece[1]], known[piece[0]], value)
    return value

"""Elementwise functions that are real-analytic in the interior of their domain."""

from collections.abc import Callable, Sequence

from certify.program.primitives.primitive import (
    Emitter,
    Parameters,
    Primitive,
    Pull,
    demand,
    elementwise_shape,
    reduced_to,
)
from certify.program.primitives.regularity import (
    ABOVE_MINUS_ONE,
    ABOVE_ONE,
    DIVISOR,
    ENTIRE,
    INSIDE_UNIT,
    NONZERO_BASE,
    OFF_POLES,
    OFF_THE_CUT,
    POSITIVE,
    POSITIVE_BASE,
    ZERO_EXCLUDED,
    Regularity,
)
from certify.program.signature import INTEGERS, Signature
from certify.program.values import NumberSystem, Value, aligned, is_plain


def _reals(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
        demand(all(s.is_real for s in operands), f"takes real operands, got {[s.dtype for s in operands]}")
        return Signature(elementwise_shape(operands))

    return infer


def _numbers(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    """Operands of one type, real or integer."""

    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
        types = {s.dtype for s in operands}
        demand(len(types) == 1 and "bool" not in types, f"takes numbers of one type, got {sorted(types)}")
        return Signature(elementwise_shape(operands), operands[0].dtype)

    return infer


def _evaluate(name: str, integer: Callable[..., Value] | None = None) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        values = aligned(system, operands)
        if integer is not None and is_plain(values[0]):
            return integer(*values)
        return system.function(name, *values)

    return evaluate


def _chain(derivative: Callable[[Emitter, int, int], int]) -> Callable[[Pull], Sequence[int]]:
    """The rule of a unary function from its derivative, given (emitter, operand, value)."""

    def pull(p: Pull) -> Sequence[int]:
        return (p.emitter.emit("mul", p.cotangent, derivative(p.emitter, p.operands[0], p.output)),)

    return pull


def _unary(name: str, derivative: Callable[[Emitter, int, int], int], regular: Regularity) -> Primitive:
    return Primitive(name, _reals(1), _evaluate(name), _chain(derivative), regularity=regular)


def _pull_add(p: Pull) -> Sequence[int]:
    return tuple(reduced_to(p.emitter, p.cotangent, x) for x in p.operands)


def _pull_sub(p: Pull) -> Sequence[int]:
    x, y = p.operands
    e = p.emitter
    return (reduced_to(e, p.cotangent, x), reduced_to(e, e.emit("neg", p.cotangent), y))


def _product_sum(e: Emitter, cotangent: int, factor: int, operand: int) -> int:
    return reduced_to(e, e.emit("mul", cotangent, factor), operand)


def _pull_mul(p: Pull) -> Sequence[int]:
    x, y = p.operands
    return (_product_sum(p.emitter, p.cotangent, y, x), _product_sum(p.emitter, p.cotangent, x, y))


def _pull_div(p: Pull) -> Sequence[int]:
    e, (x, y) = p.emitter, p.operands
    scaled = e.emit("div", p.cotangent, y)
    return (reduced_to(e, scaled, x), reduced_to(e, e.emit("neg", e.emit("mul", scaled, p.output)), y))


def _pull_pow(p: Pull) -> Sequence[int]:
    """d(x^y) = y x^(y-1) dx + x^y log(x) dy, for x > 0."""
    e, (x, y) = p.emitter, p.operands
    exponent = e.emit("sub", y, e.number(1.0))
    by_base = e.emit("mul", y, e.emit("pow", x, exponent))
    by_exponent = e.emit("mul", p.output, e.emit("log", x))
    return (_product_sum(e, p.cotangent, by_base, x), _product_sum(e, p.cotangent, by_exponent, y))


def _pull_atan2(p: Pull) -> Sequence[int]:
    """d atan2(y, x) = (x dy - y dx) / (x^2 + y^2)."""
    e, (y, x) = p.emitter, p.operands
    scaled = e.emit("div", p.cotangent, e.emit("add", e.emit("square", x), e.emit("square", y)))
    return (_product_sum(e, scaled, x, y), _product_sum(e, e.emit("neg", scaled), y, x))


def _pull_logaddexp(p: Pull) -> Sequence[int]:
    """d log(e^x + e^y) = s dx + (1 - s) dy with s = logistic(x - y)."""
    e, (x, y) = p.emitter, p.operands
    by_x = e.emit("logistic", e.emit("sub", x, y))
    by_y = e.emit("logistic", e.emit("sub", y, x))
    return (_product_sum(e, p.cotangent, by_x, x), _product_sum(e, p.cotangent, by_y, y))


def _pull_power(p: Pull) -> Sequence[int | None]:
    e, exponent = p.emitter, p.parameters["exponent"]
    if exponent == 0:
        return (None,)
    slope = e.emit("mul", e.number(float(exponent)), e.emit("integer_pow", p.operands[0], exponent=exponent - 1))
    return (e.emit("mul", p.cotangent, slope),)


def _infer_power(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1, "takes one operand")
    demand(abs(parameters["exponent"]) <= 2**20, f"exponent {parameters['exponent']} is out of range")
    demand(operands[0].is_real or parameters["exponent"] >= 0, "a negative power of integers")
    demand(operands[0].is_real or operands[0].dtype in INTEGERS, "takes numbers")
    return operands[0]


def _evaluate_power(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,) = operands
    return x ** parameters["exponent"] if is_plain(x) else system.power(x, parameters["exponent"])


def _one_minus_square(e: Emitter, value: int) -> int:
    return e.emit("sub", e.number(1.0), e.emit("square", value))


def _one_plus_square(e: Emitter, value: int) -> int:
    return e.emit("add", e.number(1.0), e.emit("square", value))


def _inverse(e: Emitter, value: int) -> int:
    return e.emit("div", e.number(1.0), value)


def _two_over_root_pi(e: Emitter) -> int:
    """2 / sqrt(pi) = rsqrt(atan 1): pi/4 is no float, so it is computed where it is needed."""
    return e.emit("rsqrt", e.emit("atan", e.number(1.0)))


def _gaussian(e: Emitter, x: int) -> int:
    return e.emit("mul", _two_over_root_pi(e), e.emit("exp", e.emit("neg", e.emit("square", x))))


def _scaled(e: Emitter, factor: float, value: int) -> int:
    return e.emit("mul", e.number(factor), value)


_TABLE: tuple[tuple[str, Callable[[Emitter, int, int], int], Regularity], ...] = (
    ("exp", lambda e, x, y: y, ENTIRE),
    ("expm1", lambda e, x, y: e.emit("exp", x), ENTIRE),
    ("log", lambda e, x, y: _inverse(e, x), POSITIVE),
    ("log1p", lambda e, x, y: _inverse(e, e.emit("add", e.number(1.0), x)), ABOVE_MINUS_ONE),
    ("tanh", lambda e, x, y: _one_minus_square(e, y), ENTIRE),
    ("logistic", lambda e, x, y: e.emit("mul", y, e.emit("sub", e.number(1.0), y)), ENTIRE),
    ("sin", lambda e, x, y: e.emit("cos", x), ENTIRE),
    ("cos", lambda e, x, y: e.emit("neg", e.emit("sin", x)), ENTIRE),
    ("tan", lambda e, x, y: _one_plus_square(e, y), OFF_POLES),
    ("asin", lambda e, x, y: e.emit("rsqrt", _one_minus_square(e, x)), INSIDE_UNIT),
    ("acos", lambda e, x, y: e.emit("neg", e.emit("rsqrt", _one_minus_square(e, x))), INSIDE_UNIT),
    ("atan", lambda e, x, y: _inverse(e, _one_plus_square(e, x)), ENTIRE),
    ("sinh", lambda e, x, y: e.emit("cosh", x), ENTIRE),
    ("cosh", lambda e, x, y: e.emit("sinh", x), ENTIRE),
    ("asinh", lambda e, x, y: e.emit("rsqrt", _one_plus_square(e, x)), ENTIRE),
    ("acosh", lambda e, x, y: e.emit("rsqrt", e.emit("sub", e.emit("square", x), e.number(1.0))), ABOVE_ONE),
    ("atanh", lambda e, x, y: _inverse(e, _one_minus_square(e, x)), INSIDE_UNIT),
    ("erf", lambda e, x, y: _gaussian(e, x), ENTIRE),
    ("erfc", lambda e, x, y: e.emit("neg", _gaussian(e, x)), ENTIRE),
    ("sqrt", lambda e, x, y: e.emit("div", e.number(0.5), y), POSITIVE),
    ("rsqrt", lambda e, x, y: _scaled(e, -0.5, e.emit("div", y, x)), POSITIVE),
    ("cbrt", lambda e, x, y: _inverse(e, _scaled(e, 3.0, e.emit("square", y))), ZERO_EXCLUDED),
)

PRIMITIVES = (
    *(_unary(name, derivative, regular) for name, derivative, regular in _TABLE),
    Primitive(
        "neg",
        _numbers(1),
        _evaluate("neg", lambda x: -x),
        lambda p: (p.emitter.emit("neg", p.cotangent),),
        regularity=ENTIRE,
    ),
    Primitive(
        "square",
        _numbers(1),
        _evaluate("square", lambda x: x * x),
        _chain(lambda e, x, y: _scaled(e, 2.0, x)),
        regularity=ENTIRE,
    ),
    Primitive("add", _numbers(2), _evaluate("add", lambda x, y: x + y), _pull_add, regularity=ENTIRE),
    Primitive("sub", _numbers(2), _evaluate("sub", lambda x, y: x - y), _pull_sub, regularity=ENTIRE),
    Primitive("mul", _numbers(2), _evaluate("mul", lambda x, y: x * y), _pull_mul, regularity=ENTIRE),
    Primitive("div", _reals(2), _evaluate("div"), _pull_div, regularity=DIVISOR),
    Primitive("pow", _reals(2), _evaluate("pow"), _pull_pow, regularity=POSITIVE_BASE),
    Primitive("atan2", _reals(2), _evaluate("atan2"), _pull_atan2, regularity=OFF_THE_CUT),
    Primitive("logaddexp", _reals(2), _evaluate("logaddexp"), _pull_logaddexp, regularity=ENTIRE),
    Primitive("integer_pow", _infer_power, _evaluate_power, _pull_power, {"exponent": "integer"}, NONZERO_BASE),
)

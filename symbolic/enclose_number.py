"""Rigorous balls around exact real or complex numbers written in SymPy, by Arb; the only module here that rounds."""

from collections.abc import Callable

import sympy
from flint import acb, arb, fmpq

from foundation.arb_precision import arb_precision

_CONSTANTS: dict[sympy.Expr, Callable[[], arb]] = {
    sympy.pi: arb.pi,
    sympy.E: arb.const_e,
    sympy.EulerGamma: arb.const_euler,
    sympy.GoldenRatio: lambda: (1 + arb(5).sqrt()) / 2,
}
_FUNCTIONS: dict[type, Callable[[acb], acb]] = {
    sympy.exp: acb.exp,
    sympy.log: acb.log,
    sympy.sin: acb.sin,
    sympy.cos: acb.cos,
    sympy.tan: acb.tan,
    sympy.cot: acb.cot,
    sympy.sec: acb.sec,
    sympy.csc: acb.csc,
    sympy.sinh: acb.sinh,
    sympy.cosh: acb.cosh,
    sympy.tanh: acb.tanh,
    sympy.coth: acb.coth,
    sympy.atan: acb.atan,
    sympy.gamma: acb.gamma,
    sympy.erf: acb.erf,
    sympy.erfc: acb.erfc,
}
# where a function is real and off its branch cuts: only there do Arb's and SymPy's branches agree without a convention
_REAL_FUNCTIONS: dict[type, tuple[Callable[[acb], acb], Callable[[arb], bool]]] = {
    sympy.asin: (acb.asin, lambda x: abs(x) < 1),
    sympy.acos: (acb.acos, lambda x: abs(x) < 1),
    sympy.asinh: (acb.asinh, lambda x: True),
    sympy.acosh: (acb.acosh, lambda x: x > 1),
    sympy.atanh: (acb.atanh, lambda x: abs(x) < 1),
    sympy.LambertW: (acb.lambertw, lambda x: x * arb.const_e() > -1),
    sympy.loggamma: (acb.lgamma, lambda x: x > 0),
}


def enclose_number(number: sympy.Expr, bits: int = 128) -> acb | None:
    """A complex ball that contains the constant `number`; None where a part of it is not in the table of functions.

    Proved: every operation is an Arb ball operation on principal branches, which are SymPy's. A ball with a non-finite
    radius (for instance at a branch point) is returned as None.
    """
    with arb_precision(bits):
        try:
            ball = _ball(number, bits)
        except (ValueError, ZeroDivisionError, OverflowError):
            return None
        return ball if ball is not None and ball.is_finite() else None


def sign_of_number(number: sympy.Expr, most_bits: int = 2048) -> int | None:
    """+1 or -1 when Arb separates the real constant `number` from zero within `most_bits`; otherwise None. Proved."""
    bits = 64
    while bits <= most_bits:
        ball = enclose_number(number, bits)
        bits *= 2
        if ball is None:
            continue  # more bits may part a pole from the ball
        if not (ball.imag == 0 or number.is_extended_real):
            return None
        if ball.real > 0:
            return 1
        if ball.real < 0:
            return -1
    return None


def excludes_zero(number: sympy.Expr, most_bits: int = 1024) -> bool:
    """Whether Arb proves that the constant `number` is not zero."""
    bits = 64
    while bits <= most_bits:
        ball = enclose_number(number, bits)
        if ball is not None and not ball.contains(0):
            return True
        bits *= 4
    return False


def _ball(number: sympy.Expr, bits: int) -> acb | None:
    if isinstance(number, sympy.Rational):
        return acb(arb(fmpq(int(number.p), int(number.q))))
    if number in _CONSTANTS:
        return acb(_CONSTANTS[number]())
    if number is sympy.I:
        return acb(0, 1)
    if isinstance(number, sympy.CRootOf):
        return _algebraic(number, bits)
    parts = [_ball(argument, bits) for argument in number.args]
    known = [part for part in parts if part is not None]
    return _combine(number, known) if parts and len(known) == len(parts) else None


def _combine(number: sympy.Expr, parts: list[acb]) -> acb | None:
    if isinstance(number, sympy.Add):
        return sum(parts[1:], parts[0])
    if isinstance(number, sympy.Mul):
        product = parts[0]
        for part in parts[1:]:
            product = product * part
        return product
    if isinstance(number, sympy.Pow):
        return _power(number, parts)
    if isinstance(number, sympy.Abs):
        return acb(abs(parts[0]))
    if isinstance(number, sympy.besseli):
        return parts[1].bessel_i(parts[0])
    if len(parts) != 1:
        return None
    return _function(number.func, parts[0])


def _function(function: type, argument: acb) -> acb | None:
    if function in _FUNCTIONS:
        return _FUNCTIONS[function](argument)
    real, defined = _REAL_FUNCTIONS.get(function, (None, None))
    if real is None or defined is None or argument.imag != 0 or not defined(argument.real):
        return None
    return acb(real(argument).real)


def _power(number: sympy.Pow, parts: list[acb]) -> acb | None:
    exponent = number.exp
    if isinstance(exponent, sympy.Integer):
        power = _whole_power(parts[0], abs(int(exponent)))
        return power if exponent >= 0 else 1 / power
    if exponent == sympy.Rational(1, 2):
        return parts[0].sqrt()
    if exponent == sympy.Rational(-1, 2):
        return 1 / parts[0].sqrt()
    return parts[0].pow(parts[1])


def _whole_power(base: acb, exponent: int) -> acb:
    """By repeated squaring with products only, which stay finite when `base` contains zero."""
    power = acb(1)
    for digit in bin(exponent)[2:]:
        power = power * power * base if digit == "1" else power * power
    return power


def _algebraic(root: sympy.CRootOf, bits: int) -> acb:
    digits = bits // 3 + 2
    width = sympy.Rational(1, 10**digits)
    real, imaginary = (sympy.Rational(part) for part in root.eval_rational(dx=width, dy=width).as_real_imag())
    spread = arb(0, (arb(10) ** -digits).upper())
    centre = acb(arb(fmpq(int(real.p), int(real.q))), arb(fmpq(int(imaginary.p), int(imaginary.q))))
    return centre + (acb(spread) if root.is_real else acb(spread, spread))

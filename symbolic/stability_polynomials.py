"""Exact numbers about the roots of rational polynomials, as an independent test of symbolic root criteria."""

import sympy
from flint import fmpq, fmpq_poly
from sympy.logic.boolalg import Boolean
from sympy.polys.polyerrors import BasePolynomialError

from foundation import InputError
from foundation.arb_precision import arb_precision
from symbolic.compare_conditions import check_equivalent
from symbolic.outcome import CheckResult, Outcome, failed
from symbolic.prove_sign import prove_sign
from symbolic.relations import truth_at
from symbolic.sample_points import sample_points

_SAMPLES = 25


def coefficients_of(polynomial: sympy.Expr, variable: sympy.Symbol) -> list[sympy.Expr]:
    """The coefficients, highest first, with a positive leading one; degree at least 1.

    Raises `InputError` when `polynomial` is no polynomial in `variable` or the sign of its leading coefficient is not
    known from the assumptions of its symbols.
    """
    try:
        if not isinstance(polynomial, sympy.Expr):
            raise TypeError
        coefficients = sympy.Poly(polynomial, variable).all_coeffs()
    except (BasePolynomialError, AttributeError, TypeError):
        raise InputError(f"{polynomial!r} is not a polynomial in {variable}; pass a SymPy polynomial") from None
    if len(coefficients) < 2:
        raise InputError(f"{polynomial} has no roots in {variable}; pass a polynomial of degree 1 or more")
    sign = prove_sign(coefficients[0])
    if sign is None or not sign.strict:
        raise InputError(
            f"the sign of the leading coefficient {coefficients[0]} is unknown; divide by it or declare it"
        )
    return [sign.side * coefficient for coefficient in coefficients]


def check_root_condition(
    polynomial: sympy.Expr, variable: sympy.Symbol, derived: Boolean, claimed: Boolean, region: str
) -> CheckResult:
    """Whether `claimed` is equivalent to the `derived` condition that all roots lie in `region` (disc or half plane).

    Before that, both are compared with isolated roots (Arb) at rational values of the symbols.
    """
    symbols = (polynomial.free_symbols | claimed.free_symbols) - {variable}
    for point in sample_points(symbols, _SAMPLES):
        truth = all_roots_inside(polynomial.subs(point, simultaneous=True), variable, region)
        for name, condition in (("claimed", claimed), ("derived", derived)):
            if truth is not None and truth_at(condition, point) is (not truth):
                inside = "lie" if truth else "do not all lie"
                return failed(f"at {point} the roots {inside} in the {region}, against the {name} condition")
    result = check_equivalent(derived, claimed)
    if result.outcome is Outcome.PASSED:
        return CheckResult(Outcome.PASSED, f"the criterion derived again; {result.reason}")
    return result


def all_roots_inside(polynomial: sympy.Expr, variable: sympy.Symbol, region: str) -> bool | None:
    """Whether all roots of a rational polynomial lie in the open unit disc (or left half plane); None if close."""
    try:
        coefficients = sympy.Poly(polynomial, variable, domain="QQ").all_coeffs()
    except BasePolynomialError:
        return None
    if len(coefficients) < 2:
        return None
    with arb_precision(160):
        roots = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(coefficients)]).complex_roots()
        inside: list[bool | None] = []
        for root in (pair[0] for pair in roots):  # type: ignore[index]
            gap = 1 - abs(root) if region == "unit disc" else -root.real
            inside.append(True if gap > 0 else (False if gap < 0 else None))
    return False if False in inside else (None if None in inside else True)

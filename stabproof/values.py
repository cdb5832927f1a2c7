"""certify_values: proved digits of numbers that are written down exactly, and proved comparisons between them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from certify.certificate import Certificate, issue
from certify.values.prove import RELATIONS
from foundation import CertificateError, InputError

_LARGEST_INTEGER = 2**63


def certify_values(values: Mapping[str, Any], comparisons: Iterable[Sequence[Any]] = ()) -> Certificate:
    """Enclose exact numbers and decide comparisons between them, in a certificate that `stabproof.check` repeats.

    values: name -> a SymPy number (rationals, pi, elementary functions, gamma, erf, Bessel functions I, real roots of
    polynomials, proper integrals of one variable), a `Fraction`, an int, or a formula as `certify.values.formula` has
    it (spectra of matrices, moments). comparisons: (left, relation, right) with such numbers and one of "<", "<=",
    "=", "!=". PROVED: every number has a value, and every comparison holds; `number("value_1")` encloses the first.
    REFUTED: some comparison does not hold, and it is the claim `fails_k`. UNDECIDED: rounding hides a sign. Raises
    `InputError` for what is no exact number.
    """
    problem = {
        "names": list(values),
        "formulas": [formula_of(value) for value in values.values()],
        "comparisons": [_comparison(given) for given in comparisons],
    }
    try:
        return issue("values", problem, {})
    except CertificateError as error:
        raise InputError(str(error).replace("the certificate's ", "the ")) from None


def _comparison(given: Sequence[Any]) -> list[Any]:
    if not isinstance(given, list | tuple) or len(given) != 3 or given[1] not in RELATIONS:
        raise InputError(f"a comparison is (left, relation, right) with one of {', '.join(RELATIONS)}, not {given!r}")
    left, relation, right = given
    return [formula_of(left), relation, formula_of(right)]


def formula_of(value: Any) -> Any:
    """The formula of an exact number; raises `InputError` for anything else."""
    if isinstance(value, list):
        return [part if isinstance(part, str) else formula_of(part) for part in value]
    if isinstance(value, Fraction):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < _LARGEST_INTEGER else Fraction(value)
    if not isinstance(value, sympy.Expr) or value.has(sympy.Float):
        raise InputError(f"an exact number is needed (SymPy, Fraction, int), but {value!r} was given")
    return _formula(value, {})


def _formula(value: sympy.Expr, variables: Mapping[sympy.Symbol, str]) -> Any:
    if value.is_Rational:
        return formula_of(Fraction(int(value.p), int(value.q)))
    if value in variables:
        return variables[value]
    if value in _CONSTANTS:
        return _CONSTANTS[value]
    for kind, rule in _RULES:
        if isinstance(value, kind):
            return rule(value, lambda part: _formula(part, variables))
    if isinstance(value, sympy.Integral):
        return _integral(value)
    raise InputError(f"no rule encloses {value}; rewrite it in elementary functions of exact numbers")


def _power(value: sympy.Pow, of: Callable[[sympy.Expr], Any]) -> Any:
    base, exponent = value.as_base_exp()
    if exponent.is_Rational:
        return ["^", of(base), of(exponent)]
    return ["exp", ["*", of(exponent), ["log", of(base)]]]


def _root(value: sympy.polys.rootoftools.ComplexRootOf, of: Callable[[sympy.Expr], Any]) -> Any:
    if not value.is_real:
        raise InputError(f"{value} is not real")
    # the real roots come first, in order
    coefficients = value.poly.clear_denoms()[1].all_coeffs()[::-1]
    return ["root", [formula_of(int(c)) for c in coefficients], int(value.index) + 1]


def _integral(value: sympy.Integral) -> Any:
    if len(value.limits) != 1 or len(value.limits[0]) != 3:
        raise InputError(f"only integrals of one variable between two ends are enclosed, not {value}")
    variable, lower, upper = value.limits[0]
    if value.free_symbols or not (lower.is_finite and upper.is_finite):
        raise InputError(f"only integrals between finite exact ends are enclosed, not {value}")
    return ["integral", _formula(value.function, {variable: "t"}), _formula(lower, {}), _formula(upper, {})]


_CONSTANTS: dict[sympy.Expr, Any] = {
    sympy.pi: "pi",
    sympy.E: ["exp", 1],
    sympy.GoldenRatio: ["*", Fraction(1, 2), ["+", 1, ["sqrt", 5]]],
}

_FUNCTIONS = {
    **{kind: kind.__name__ for kind in (sympy.log, sympy.sin, sympy.cos, sympy.tan, sympy.atan)},
    **{kind: kind.__name__ for kind in (sympy.sinh, sympy.cosh, sympy.tanh, sympy.asinh, sympy.atanh)},
    **{kind: kind.__name__ for kind in (sympy.erf, sympy.gamma, sympy.besseli)},
    sympy.exp: "exp",
    sympy.Abs: "abs",
    sympy.Max: "max",
    sympy.Min: "min",
}
_RULES: tuple[tuple[Any, Callable[[Any, Callable[[sympy.Expr], Any]], Any]], ...] = (
    (sympy.Add, lambda value, of: ["+", *map(of, value.args)]),
    (sympy.Mul, lambda value, of: ["*", *map(of, value.args)]),
    (tuple(_FUNCTIONS), lambda value, of: [_FUNCTIONS[value.func], *map(of, value.args)]),
    (sympy.Pow, _power),
    (sympy.polys.rootoftools.ComplexRootOf, _root),
)

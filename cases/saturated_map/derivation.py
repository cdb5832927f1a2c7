"""Softmax regression on saturated hidden units: the map of the logits, its fixed point and its first bifurcation."""

from collections.abc import Sequence

import sympy

from symbolic.checks import (
    AllOf,
    CharacteristicPolynomialIs,
    Check,
    Equal,
    GradientIs,
    IsRoot,
    JacobianIs,
    RealRootsAre,
    SignIs,
    at,
    total,
)
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import characteristic_polynomial

_PAPER = "Danovski, Soriano, Lacasa, Dynamical stability and chaos in artificial neural network trajectories"
_DIGITS = 25


def logits(count: int) -> tuple[sympy.Symbol, ...]:
    """z1, ..., zq."""
    return tuple(sympy.Symbol(f"z{i + 1}", real=True) for i in range(count))


def softmax(z: Sequence[sympy.Expr]) -> sympy.ImmutableMatrix:
    """The column e^{z_i} / sum_j e^{z_j}."""
    total = sum(sympy.exp(entry) for entry in z)
    return sympy.ImmutableMatrix([sympy.exp(entry) / total for entry in z])


def difference_map(p: Sequence[sympy.Rational], kappa: sympy.Expr) -> tuple[list[sympy.Expr], list[sympy.Symbol]]:
    """The map of u_i = z_i - z_q, i < q, and its variables: (q - 1) components without the conserved sum."""
    u = list(sympy.symbols(f"u1:{len(p)}", real=True))
    total = 1 + sum(sympy.exp(entry) for entry in u)
    last = 1 / total - p[-1]
    return [entry - kappa * (sympy.exp(entry) / total - share - last) for entry, share in zip(u, p, strict=False)], u


def covariance(p: Sequence[sympy.Expr]) -> sympy.ImmutableMatrix:
    """diag p - p p^T, the derivative of the softmax at log p."""
    column = sympy.Matrix(list(p))
    return (sympy.diag(*p) - column * column.T).as_immutable()


def critical_kappa(p: Sequence[sympy.Rational]) -> sympy.Expr:
    """2 / lambda_max(diag p - p p^T), exact: the kappa at which the fixed point loses its stability."""
    x = sympy.Symbol("x")
    polynomial = sympy.Poly(characteristic_polynomial(covariance(p), x), x, domain="QQ")
    largest = max(polynomial.real_roots(), key=lambda root: root.evalf(40))
    return 2 / largest


def derive_saturated_step(count: int) -> Derivation:
    """Gradient descent on the output layer, seen in the logits, and its fixed point."""
    z, kappa = logits(count), sympy.Symbol("kappa", positive=True)
    eta, k = sympy.Symbol("eta", positive=True), sympy.Symbol("k", integer=True, nonnegative=True)
    j = sympy.Symbol("j", integer=True)
    p = tuple(sympy.Symbol(f"p{i + 1}", positive=True) for i in range(count))
    loss = sympy.log(sum(sympy.exp(entry) for entry in z)) - sum(a * b for a, b in zip(p, z, strict=True))
    normalised = {p[-1]: 1 - sum(p[:-1])}
    residual = softmax(z) - sympy.ImmutableMatrix(p).subs(normalised)
    step = sympy.ImmutableMatrix(z) - kappa * residual
    fixed = tuple((a, sympy.log(b).subs(normalised)) for a, b in zip(z, p, strict=True))
    at_fixed = [at((softmax(z)[i] - p[i]).subs(normalised), *fixed) for i in range(count)]
    steps = (
        Step(
            "Where the hidden units are saturated, all examples of all classes have the same k units equal to one; the "
            "mean cross-entropy is a function of the logits and of the shares p of the classes. This is its gradient.",
            reason="Differentiation; the shares sum to one.",
            reference=_PAPER,
            check=GradientIs(loss.subs(normalised), z, residual),
        ),
        Step(
            "A gradient step changes each of the k incoming weights of a logit, and its bias, by -eta times that "
            "gradient, so that the logit moves by -eta (1 + k) times it: the map has the one parameter kappa.",
            reason="The bias (j = 0) and the k weights multiply inputs equal to one and change by the same amount.",
            check=Equal(sympy.Sum(-eta * residual[0], (j, 0, k)), -eta * (1 + k) * residual[0]),
        ),
        Step(
            "The sum of the logits is conserved: the dynamics lives on planes of dimension one less.",
            reason="The entries of the softmax and of p sum to one.",
            check=Equal(sum(step) - sum(z), sympy.Integer(0)),
        ),
        Step(
            "The logits log p are a fixed point; there the loss is the entropy of the shares, its least value.",
            reason="Substitution.",
            check=AllOf(tuple(Equal(entry, sympy.Integer(0)) for entry in at_fixed)),
        ),
        Step(
            "The derivative of the softmax is diag(s) - s s^T with s the softmax.",
            reason="Differentiation.",
            check=JacobianIs(softmax(z), z, covariance(tuple(softmax(z)))),
        ),
    )
    meaning = (
        (kappa, "eta (1 + k)"),
        (eta, "learning rate"),
        (k, "number of saturated hidden units"),
        *((entry, f"share of class {i + 1}") for i, entry in enumerate(p)),
        *((entry, f"logit of class {i + 1}") for i, entry in enumerate(z)),
    )
    return Derivation("Training of saturated units is a map of the logits", meaning, steps)


def derive_critical_kappa(p: Sequence[sympy.Rational]) -> Derivation:
    """kappa_c for these shares, with a rational enclosure to 25 digits."""
    x, matrix = sympy.Symbol("x"), covariance(p)
    polynomial = characteristic_polynomial(matrix, x)
    critical = critical_kappa(p)
    roots = tuple(root for root, _ in sympy.Poly(polynomial, x, domain="QQ").real_roots(multiple=False))
    others = tuple(SignIs(total(2 / critical, -root), ">") for root in roots if not is_zero(2 / critical - root))
    steps = (
        Step(
            "At the fixed point the multipliers of the map are 1 - kappa x with the eigenvalues x of diag p - p p^T; "
            "the eigenvalue zero belongs to the conserved sum.",
            reason="The Jacobian of the map is I - kappa (diag p - p p^T).",
            check=CharacteristicPolynomialIs(matrix, x, polynomial),
        ),
        Step(
            "The matrix is symmetric: these are all eigenvalues.",
            reason="Exact root isolation.",
            check=RealRootsAre(polynomial, x, roots),
        ),
        Step(
            "The largest of them is 2/kappa_c.",
            reason="Comparison of algebraic numbers.",
            check=AllOf(others),
        ),
        Step(
            "The fixed point is stable for kappa below kappa_c and loses its stability there; kappa_c "
            f"{_decimal(critical)}.",
            reason=f"The multiplier 1 - kappa lambda_max passes -1; {_DIGITS} digits by comparing algebraic numbers.",
            check=_digits_check(critical, polynomial, x),
        ),
    )
    return Derivation("The critical kappa of these shares", ((x, "eigenvalue of diag p - p p^T"),), steps)


def _decimal(number: sympy.Expr) -> str:
    """In words: the rational, or 25 digits."""
    if number.is_Rational:
        return f"is {number}"
    return f"begins with {str(number.evalf(_DIGITS + 5))[: _DIGITS + 1]}"


def _digits_check(number: sympy.Expr, polynomial: sympy.Expr, x: sympy.Symbol) -> Check:
    """The number is a rational, or lies between two neighbouring decimals of 25 digits."""
    if number.is_Rational:
        return IsRoot((polynomial,), ((x, 2 / number),))
    nearest = sympy.Rational(str(number.evalf(_DIGITS + 15)))
    scale = sympy.Integer(10) ** (_DIGITS - len(str(int(nearest))))
    below = sympy.floor(nearest * scale)
    return AllOf((SignIs(scale * number - below, ">"), SignIs(below + 1 - scale * number, ">")))

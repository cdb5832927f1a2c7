"""The largest eigenvalue of the Hessian on the normal space and the learning rates below 2 over it."""

from dataclasses import dataclass, replace
from typing import final

import sympy
from sympy.logic.boolalg import Boolean

from symbolic.checks import AllOf, Definition, EigenvaluesAre, Equal, EquivalentTo, SignIs, product, total
from symbolic.derivation import Step
from symbolic.prove_sign import number_sign, prove_sign
from symbolic.spaces import Spaces, is_shown, leading_blocks, positive_definite_minors, positive_minors

_GLOBAL = "Chemnitz, Engel, Kuehn, Kuntz, Theorem 3.9 and (19); Chemnitz, Engel, Theorem A"
_STRICT = "Chemnitz, Engel, Kuehn, Kuntz, Theorem 3.5 and (17)"


@final
@dataclass(frozen=True)
class Spectrum:
    """`kind`, `sharpness` and `condition` as in `LossAnalysis`, with the steps that show them."""

    kind: str
    sharpness: sympy.Expr | None
    condition: Boolean | None
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def find_spectrum(spaces: Spaces, hessian: sympy.MatrixBase, rate: sympy.Expr) -> Spectrum:
    """The spectrum of the normal Hessian: its sign, its largest eigenvalue, and the stable learning rates."""
    gram = (spaces.normal.T * spaces.normal).applyfunc(sympy.cancel)
    form = (spaces.normal.T * hessian * spaces.normal).applyfunc(sympy.factor)
    definite = positive_minors(form)
    if not is_shown(definite):
        return _not_definite(spaces, form)
    kind = "manifold of minima" if spaces.tangent.cols else "minimum"
    step = Step(
        f"The Hessian is positive definite on the normal space: the point is a {_words(kind)}.",
        reason="All leading principal minors of N^T H N are positive (Sylvester's criterion).",
        check=definite,
    )
    start = Spectrum(kind, None, None, (step, _multiplier_step(rate)))
    values = eigenvalues(spaces.normal_hessian)
    if values is None:
        return _by_minors(start, gram, form, rate)
    return _by_sharpness(start, spaces, values, rate)


def _words(kind: str) -> str:
    return (
        "strict local minimum" if kind == "minimum" else "non-degenerate minimum of the directions across the manifold"
    )


def _multiplier_step(rate: sympy.Expr) -> Step:
    value = sympy.Symbol("lambda", positive=True)
    eta = rate if isinstance(rate, sympy.Symbol) else sympy.Symbol("eta", positive=True)
    return Step(
        "Along an eigenvector of the Hessian with eigenvalue lambda > 0 one step multiplies the deviation by 1 - eta "
        "lambda, which has modulus below one exactly when eta lambda < 2.",
        reason="Both sides are polynomial inequalities in lambda and eta.",
        check=EquivalentTo(sympy.Abs(1 - eta * value) < 1, eta * value < 2),
    )


def _not_definite(spaces: Spaces, form: sympy.MatrixBase) -> Spectrum:
    entries = [prove_sign(form[k, k]) for k in range(form.rows)]
    below = [k for k, sign in enumerate(entries) if sign and sign.strict and sign.side == -1]
    if below:
        step = Step(
            "The Hessian has a direction of negative curvature: the point is no minimum, and since 1 - eta lambda > 1 "
            "for lambda < 0 it is unstable for every learning rate.",
            reason="The quadratic form N^T H N has a negative diagonal entry.",
            check=SignIs(_entry(form, below[0]), "<"),
        )
        return Spectrum("no minimum", None, sympy.false, (step,))
    values = eigenvalues(spaces.normal_hessian)
    if values and not spaces.normal_hessian.free_symbols and number_sign(values[0][0]) == -1:
        step = Step(
            "The Hessian has a negative eigenvalue: the point is no minimum, and since 1 - eta lambda > 1 for "
            "lambda < 0 it is unstable for every learning rate.",
            reason="All eigenvalues, from the factorised characteristic polynomial; the first one is negative.",
            check=AllOf((EigenvaluesAre(spaces.normal_hessian, tuple(values)), *_below_zero(values[0][0]))),
        )
        return Spectrum("no minimum", None, sympy.false, (step,))
    text = "Whether the Hessian is positive definite on the normal space depends on the symbols or was not decided."
    return Spectrum("undecided", None, None, (), (text,))


def _entry(form: sympy.MatrixBase, place: int) -> sympy.Expr:
    """e^T F e, multiplied when it is checked."""
    unit = sympy.Matrix([int(k == place) for k in range(form.rows)])
    return sympy.Determinant(product(unit.T, form, unit)) if form[place, place].is_Rational else form[place, place]


def _below_zero(value: sympy.Expr) -> tuple[SignIs, ...]:
    """A rational eigenvalue is seen in the factors of the polynomial."""
    return () if value.is_Rational else (SignIs(value, "<"),)


def _by_sharpness(start: Spectrum, spaces: Spaces, values: list[tuple[sympy.Expr, int]], rate: sympy.Expr) -> Spectrum:
    largest = values[-1][0]
    name = sympy.Symbol("lambda_max", positive=True)
    gaps = [SignIs(total(largest, -value), ">=") for value, _ in values[:-1]]
    order = " The last one is the largest." if gaps else ""
    listed = Step(
        f"The eigenvalues on the normal space are the zeros of this characteristic polynomial.{order}",
        reason="The determinant is computed and compared with the product of linear factors.",
        check=AllOf((EigenvaluesAre(spaces.normal_hessian, tuple(values)), *gaps)),
    )
    sharp = Step("The sharpness is the largest of them.", reason="Definition.", check=Definition(name, largest))
    condition, closing = _closing(start.kind, largest, name, rate)
    return replace(start, sharpness=largest, condition=condition, steps=(*start.steps, listed, sharp, *closing))


def _closing(kind: str, largest: sympy.Expr, name: sympy.Symbol, rate: sympy.Expr) -> tuple[Boolean, tuple[Step, ...]]:
    reference = _STRICT if kind == "minimum" else _GLOBAL
    condition = sympy.StrictLessThan(rate * largest, 2)
    if not (rate * largest).free_symbols:
        relation = {-1: "<", 0: "==", 1: ">"}.get(number_sign(sympy.expand(rate * largest - 2)) or 0, "==")
        verdict = {
            "<": "Since the sharpness is below 2/eta, the minimum is stable.",
            "==": "The sharpness equals 2/eta: a multiplier is -1, and the linearisation alone does not decide.",
            ">": "Since the sharpness is above 2/eta, the minimum is unstable.",
        }[relation]
        step = Step(
            verdict,
            reason="Spectral radius of the update on the normal space against one.",
            reference=reference,
            check=SignIs(rate * name - 2, relation),
        )
        return condition, (step,)
    form = _tidy(condition)
    step = Step(
        "The minimum is stable when the left condition holds and unstable when the opposite strict inequality holds; "
        "written out, the stable set is the right condition.",
        reason="The spectral radius on the normal space is the largest |1 - eta lambda|. Stable means: in the support "
        "of the limit for initial laws with a density, the update map being non-singular. On the boundary the "
        "linearisation alone does not decide.",
        reference=reference,
        check=EquivalentTo(rate * name < 2, form),
    )
    return condition, (step,)


def _tidy(condition: Boolean) -> Boolean:
    """The inequality without denominators where their sign is known."""
    if not isinstance(condition, sympy.StrictLessThan):
        return condition
    numerator, denominator = sympy.fraction(sympy.together(condition.rhs - condition.lhs))
    sign = prove_sign(denominator)
    if sign is None or not sign.strict:
        return condition
    return sympy.StrictGreaterThan(sympy.expand(sign.side * numerator), 0)


def _by_minors(start: Spectrum, gram: sympy.MatrixBase, form: sympy.MatrixBase, rate: sympy.Expr) -> Spectrum:
    pencil = (2 * gram - rate * form).applyfunc(sympy.expand)
    minors = positive_definite_minors(pencil)
    condition = sympy.And(*[sympy.StrictGreaterThan(minor, 0) for minor in minors])
    pairs = zip(leading_blocks(pencil), minors, strict=True)
    step = Step(
        "The largest eigenvalue has no closed form here. It is below 2/eta exactly when 2 N^T N - eta N^T H N is "
        "positive definite, that is when these leading principal minors are positive.",
        reason="Sylvester's criterion for the pencil (N^T H N, N^T N).",
        reference=_STRICT if start.kind == "minimum" else _GLOBAL,
        check=AllOf(tuple(Equal(sympy.Determinant(block), minor) for block, minor in pairs)),
    )
    note = "The sharpness has no closed form; the stable set is given by principal minors."
    return replace(start, condition=condition, steps=(*start.steps, step), notes=(*start.notes, note))


def eigenvalues(matrix: sympy.MatrixBase) -> list[tuple[sympy.Expr, int]] | None:
    """(eigenvalue, multiplicity) in provably ascending order for a matrix with real spectrum; None when not found.

    Numbers of any degree (as algebraic numbers); with symbols, products of linear factors and one quadratic factor.
    """
    z = sympy.Symbol("z")
    polynomial = (z * sympy.eye(matrix.rows) - matrix).det(method="berkowitz")
    _, factors = sympy.factor_list(sympy.expand(polynomial), z)
    found: list[tuple[sympy.Expr, int]] = []
    for factor, power in factors:
        roots = _roots(sympy.Poly(factor, z))
        if roots is None:
            return None
        found.extend((root, power) for root in roots)
    return _ordered(found)


def _roots(factor: sympy.Poly) -> list[sympy.Expr] | None:
    coefficients = factor.all_coeffs()
    if factor.degree() == 1:
        return [sympy.factor(-coefficients[1] / coefficients[0])]
    if factor.degree() == 2:
        a, b, c = coefficients
        root = sympy.sqrt(sympy.factor(b**2 - 4 * a * c))
        return [sympy.expand((-b - root) / (2 * a)), sympy.expand((-b + root) / (2 * a))]
    if all(coefficient.is_Rational for coefficient in coefficients):
        roots = factor.real_roots()
        return roots if len(roots) == factor.degree() else None
    return None


def _ordered(values: list[tuple[sympy.Expr, int]]) -> list[tuple[sympy.Expr, int]] | None:
    ordered: list[tuple[sympy.Expr, int]] = []
    for value in values:
        place = 0
        for other, _ in ordered:
            sign = prove_sign(value[0] - other)
            if sign is None:
                return None
            place += sign.side == 1
        ordered.insert(place, value)
    return ordered

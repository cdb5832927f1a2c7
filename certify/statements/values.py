"""What certificates say about the values of formulas."""

from certify.statements.parameter import COUNTED, INTEGER, one_of
from certify.statements.template import claim, next_step, reason, theorem

_RELATION = one_of({"<": "<", "<=": "<=", "=": "=", "!=": "!="})

TEMPLATES = (
    theorem(
        "values.arithmetic",
        "Ball arithmetic encloses the value of a formula, rational arithmetic gives it exactly; integrals by "
        "Gauss-Legendre quadrature with proved errors, spectra by verified linear algebra [F. Johansson, Arb, IEEE "
        "Trans. Comput. 66 (2017) and Numerical integration in arbitrary-precision ball arithmetic, ICMS 2018].",
    ),
    claim(
        "values.value",
        "value_{place}",
        "The value of the formula {place}.",
        "formulas[place] = number",
        place=INTEGER,
    ),
    claim(
        "values.holds",
        "holds_{place}",
        "The comparison {place}, left {relation} right, holds.",
        "comparisons[place] is true",
        place=INTEGER,
        relation=_RELATION,
    ),
    claim(
        "values.fails",
        "fails_{place}",
        "The comparison {place}, left {relation} right, does not hold.",
        "comparisons[place] is false",
        place=INTEGER,
        relation=_RELATION,
    ),
    reason("values.open", "{count} of the values and comparisons stayed open: rounding hides a sign", count=COUNTED),
    next_step("values.simplify", "write the formulas without cancellation, or compare exact rationals"),
)

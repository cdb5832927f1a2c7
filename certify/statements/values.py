"""What certificates say about the values of formulas."""

from certify.statements.parameter import COUNTED, INTEGER, Parameter, one_of
from certify.statements.template import claim, next_step, reason, theorem

_WRITTEN = Parameter(
    "words written out from the problem: not in the file, found anew by a checker",
    lambda value: isinstance(value, str),
    exact=False,
    stored=False,
)
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
        "The value of the formula {place}, which the problem calls '{called}': {written}.",
        "formulas[place] = number",
        place=INTEGER,
        called=_WRITTEN,
        written=_WRITTEN,
    ),
    claim(
        "values.holds",
        "holds_{place}",
        "Comparison {place} holds: {left} {relation} {right}.",
        "comparisons[place] is true",
        place=INTEGER,
        left=_WRITTEN,
        relation=_RELATION,
        right=_WRITTEN,
    ),
    claim(
        "values.fails",
        "fails_{place}",
        "Comparison {place} does not hold: {left} {relation} {right}.",
        "comparisons[place] is false",
        place=INTEGER,
        left=_WRITTEN,
        relation=_RELATION,
        right=_WRITTEN,
    ),
    reason("values.open", "{count} of the values and comparisons stayed open: rounding hides a sign", count=COUNTED),
    next_step("values.simplify", "write the formulas without cancellation, or compare exact rationals"),
)

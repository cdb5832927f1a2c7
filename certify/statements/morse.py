"""What certificates say about the Morse class of a function on a box."""

from certify.statements.parameter import COUNTED, DETAIL, INTEGER, Parameter, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

_PLACE = one_of({"inside": "", "boundary": " It lies on the boundary of the box to rounding, perhaps outside."})
_EXACT = one_of({"near": "", "exact": " It is that point."})
_INDEX = Parameter(
    "a whole number, or -1 where the index is not proved",
    lambda value: type(value) is int and -1 <= value < 2**31,
    lambda value: "" if value < 0 else f" of Morse index {value}",
)
_PARITY = {
    1: "On the closed box the gradient has no zero: the function is of class C1.",
    2: "The closed box holds a critical point, and every one is non-degenerate: the function is of class C2.",
    3: "The closed box holds a degenerate critical point: the function is of class C3.",
}

TEMPLATES = (
    theorem(
        "morse.subdivision",
        "Subdivision: the box is the union of the parts; in each the gradient's linear part with its proved remainder "
        "excludes a zero, or the part lies in a cube in which the gradient is one to one and has one known zero "
        "[A. Neumaier, Interval Methods for Systems of Equations, ch. 5; R. Krawczyk, Computing 4 (1969)].",
        "morse.smooth",
    ),
    theorem(
        "morse.identity",
        "Exact identities: the gradient and the determinant of the Hessian vanish at a rational point, as rational "
        "functions of the values that transcendental functions take there.",
        "morse.smooth",
    ),
    theorem(
        "morse.common-zero",
        "Exact identities: the gradient and the determinant of the Hessian, as rational functions of the coordinates "
        "and of the values of transcendental functions, are 0 or multiples of polynomials whose common zero is proved "
        "by an interval Newton test [R. Krawczyk, Computing 4 (1969)].",
        "morse.smooth",
    ),
    *(
        claim(f"morse.class-{k}", "morse_class", text, f"number = {k}: {text}", number="count")
        for k, text in _PARITY.items()
    ),
    claim(
        "morse.critical-points",
        "critical_points",
        "Number of critical points in the closed box.",
        "number of x in the box with grad f(x) = 0 lies in number",
        number="count",
    ),
    claim(
        "morse.critical-points-at-least",
        "critical_points",
        "Number of critical points in the closed box; the lower bound counts those that are proved.",
        "number of x in the box with grad f(x) = 0 lies in number",
        number="count",
    ),
    claim(
        "morse.critical-point",
        "critical_point_{point}",
        "One critical point lies within this Euclidean distance of point {point} of the witness; it is "
        "non-degenerate{index}.{place}{exact}",
        "grad f(x) = 0, det Hess f(x) != 0 for one x with |x - points[point - 1]|_2 = number; index: of its Hessian",
        point=INTEGER,
        index=_INDEX,
        place=_PLACE,
        exact=_EXACT,
    ),
    claim(
        "morse.hessian-eigenvalue",
        "hessian_eigenvalue_{point}_{index}",
        "Eigenvalue {index} of the Hessian at critical point {point}.",
        "lambda_index(Hess f(x)) = number, in increasing order",
        point=INTEGER,
        index=INTEGER,
    ),
    claim(
        "morse.degenerate-near",
        "degenerate_point",
        "Within this Euclidean distance of the witness's degenerate point the gradient and the determinant of the "
        "Hessian vanish.",
        "grad f(x) = 0 and det Hess f(x) = 0 for an x with |x - point|_2 = number",
    ),
    claim(
        "morse.degenerate-at",
        "degenerate_point",
        "At the witness's rational point the gradient and the determinant of the Hessian vanish.",
        "grad f(x) = 0 and det Hess f(x) = 0 at the rational point x of the witness",
        number="none",
    ),
    hypothesis(
        "morse.smooth",
        "smooth",
        "The function is twice continuously differentiable in a neighbourhood of the box.",
    ),
    reason("morse.analytic", "Its program is real-analytic there."),
    reason("morse.kink", "A kink or a jump is not excluded."),
    reason(
        "morse.rough", "the function is not proved to be twice continuously differentiable: {detail}", detail=DETAIL
    ),
    reason("morse.undecided-parts", "{count} parts of the box stayed undecided", count=COUNTED),
    reason("morse.boundary-only", "the only critical points lie on the boundary of the box to rounding: C1 or C2"),
    next_step("morse.leave-out-kinks", "leave the kinks out of the box"),
    next_step(
        "morse.more-budget",
        "raise the budget; where a degenerate critical point may lie, change the parameters slightly",
    ),
    next_step("morse.move-boundary", "move the boundary of the box"),
)

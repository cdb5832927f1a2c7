"""What certificates say about inequalities on sets, Lyapunov functions and contraction."""

from certify.statements.parameter import COUNTED, DETAIL, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

_WHY = one_of(
    {
        "boxes": "the budget of boxes was spent",
        "time": "the time budget was spent",
        "narrow": "they are too narrow to be divided",
    },
    exact=False,
)
_METRIC = one_of(
    {
        "constant": "two solutions approach each other, in the norm of the metric, at least at this rate as long as "
        "both stay in the box",
        "varying": "the length of every tangent vector carried along a solution falls, in the metric, at least at this "
        "rate as long as the solution stays in the box",
    }
)

TEMPLATES = (
    theorem(
        "inequality.subdivision",
        "Branch and bound: the box is the union of the parts, and each misses the set or has, at all its points, "
        "values of the function with a positive lower bound, by its affine form or its Taylor form of second order "
        "with proved remainders [A. Neumaier, Interval Methods for Systems of Equations, ch. 2; R. Moore, Methods and "
        "Applications of Interval Analysis, ch. 3].",
    ),
    theorem("inequality.evaluation", "Evaluation at one point of the set, in 160 bits."),
    claim(
        "inequality.infimum",
        "infimum",
        "The infimum of the function on the set.",
        "inf {f(x) : lower <= x <= upper, where(x) >= 0} = number",
    ),
    claim(
        "inequality.empty",
        "empty",
        "The set is empty, so that there is nothing to prove.",
        "no x has lower <= x <= upper and where(x) >= 0",
        number="none",
    ),
    claim(
        "inequality.counterexample",
        "counterexample",
        "The value of the function at the witness's point, which belongs to the set, is not positive.",
        "f(counterexample) = number <= 0, lower <= counterexample <= upper, where(counterexample) >= 0",
    ),
    claim(
        "inequality.undecided-boxes",
        "undecided_boxes",
        "Nothing is decided on so many parts of the box; on all others what has to hold is proved.",
        "number = how many parts of the subdivision are open",
        number="count",
    ),
    reason("inequality.open", "{count} parts of the box stayed undecided: {why}", count=COUNTED, why=_WHY),
    next_step("inequality.after-boxes", "raise the budget, or make the set smaller"),
    next_step("inequality.after-time", "raise the budget, or make the set smaller"),
    next_step(
        "inequality.after-narrow",
        "the function may vanish there, or have no value: leave these parts out of the set, or ask for f + c > 0",
    ),
    theorem(
        "lyapunov-function.theorem",
        "Lyapunov's direct method with a local quadratic function: on the sublevel set, which does not reach the "
        "sphere, V' < 0 outside of the core, so that solutions enter the core; it lies in an ellipsoid on which "
        "P Df + Df^T P < 0, and there they converge to the equilibrium [H. Khalil, Nonlinear Systems, 4.1 and 8.2; "
        "N. Krasovskii, 1959].",
        "lyapunov-function.smooth",
    ),
    theorem(
        "lyapunov-function.unstable",
        "Lyapunov's indirect method: the equilibrium is unstable, so that no function proves it attracting "
        "[P. Hartman, Ordinary Differential Equations, IX.5].",
        "lyapunov-function.smooth",
    ),
    claim(
        "lyapunov-function.radius",
        "radius",
        "An exact equilibrium exists within this Euclidean distance of the witness's point.",
        "f(x) = 0 for an x with |x - point|_2 = number",
    ),
    claim(
        "lyapunov-function.level",
        "level",
        "Every solution that starts in the ball with V <= this level converges to the equilibrium, which is "
        "asymptotically stable; until it enters the core V falls along it.",
        "|x(0) - centre|_2 <= radius and V(x(0)) <= number imply x(t) -> x*",
        number="promise",
    ),
    claim(
        "lyapunov-function.largest-level",
        "largest_level",
        "The largest level for which V' < 0 on the sublevel set in the ball, outside of the core.",
        "sup {c : V' < 0 on {|x - centre|_2 <= radius, V <= c} outside of the core} = number, at least the level",
    ),
    claim(
        "lyapunov-function.strict",
        "strict",
        "V has its strict minimum over that sublevel set at the equilibrium, and V' < 0 everywhere else on it.",
        "V(x) > V(x*) and V'(x) < 0 for all x != x* with |x - centre|_2 <= radius and V(x) <= level",
        number="none",
    ),
    hypothesis(
        "lyapunov-function.smooth",
        "smooth",
        "V and the field are continuously differentiable on the sublevel set, and the field around the core.",
    ),
    reason(
        "lyapunov-function.analytic",
        "Their programs are real-analytic on a neighbourhood of each part of the subdivision on which V' < 0 is used, "
        "and of the ellipsoid's box.",
    ),
    reason("lyapunov-function.no-equilibrium", "no equilibrium is proved near the point: {detail}", detail=DETAIL),
    reason(
        "lyapunov-function.not-local",
        "no box around the equilibrium is proved in which a quadratic function falls along all solutions",
    ),
    reason("lyapunov-function.empty", "V at the equilibrium is not proved to lie below any level in the ball"),
    next_step(
        "lyapunov-function.smaller-ball", "take a smaller ball, train V further, or raise the budget of the search"
    ),
    theorem(
        "contraction.theorem",
        "Contraction analysis: M > 0 and M Df + Df^T M + M' < -2 c M, M' the change of M along the field, make all "
        "lengths in the metric M fall at the rate c; in a box that no solution leaves all solutions converge to one "
        "equilibrium [W. Lohmiller, J.-J. Slotine, Automatica 34 (1998), Theorem 1].",
        "contraction.smooth",
    ),
    claim(
        "contraction.rate",
        "rate",
        "On the box {metric}.",
        "M > 0 and M Df + Df^T M + M' < -2 number M on the box",
        unit="per time",
        number="promise",
        metric=_METRIC,
    ),
    claim(
        "contraction.invariant",
        "invariant",
        "No solution leaves the box, so that there is exactly one equilibrium in it, which attracts every solution "
        "that starts there exponentially, at least at this rate.",
        "the field points strictly into the box on every face",
        number="none",
    ),
    hypothesis("contraction.smooth", "smooth", "Field and metric are continuously differentiable on the box."),
    reason("contraction.analytic", "Their programs are real-analytic on a neighbourhood of each part of the box."),
    next_step("contraction.other-metric", "take another metric, a smaller box or a smaller rate, or raise the budget"),
)

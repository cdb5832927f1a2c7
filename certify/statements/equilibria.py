"""What certificates say about all equilibria in a box."""

from certify.statements.parameter import COUNTED, INTEGER, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

VERDICT = one_of({name: name.upper() for name in ("stable", "unstable", "undecided")})
WHY = one_of(
    {
        "narrow": "they are too narrow to be split",
        "budget": "the budget was spent",
        "boxes": "the budget of boxes was spent",
        "time": "the time budget was spent",
        "pole": "the field has no bound in or beside them: it has poles there, or its domain ends",
        "some-poles": "they are too narrow to be split, and in or beside some of them the field has no bound: it "
        "has poles there, or its domain ends",
    }
)

TEMPLATES = (
    theorem(
        "all-equilibria.subdivision",
        "Interval Newton method with subdivision: a part of the box in which a mean-value form excludes 0 holds no "
        "zero, a part in which the derivative's preconditioned enclosure stays near the identity at most one "
        "[A. Neumaier, Interval Methods for Systems of Equations, ch. 5; R. Krawczyk, Computing 4 (1969)].",
        "all-equilibria.lipschitz",
        "all-equilibria.smooth",
    ),
    claim(
        "all-equilibria.number",
        "equilibria",
        "Number of equilibria in the closed box.",
        "number of zeros in the closed box lies in number",
        number="count",
    ),
    claim(
        "all-equilibria.number-at-least",
        "equilibria",
        "Number of equilibria in the closed box; the lower bound counts those that are proved.",
        "number of zeros in the closed box lies in number",
        number="count",
    ),
    claim(
        "all-equilibria.equilibrium",
        "equilibrium_{point}",
        "One equilibrium lies within this Euclidean distance of point {point} of the witness; it is {verdict}.{place}",
        "f(x) = 0 (map: x) for one x with |x - points[point - 1]|_2 = number, of this stability",
        point=INTEGER,
        verdict=VERDICT,
        place=one_of({"inside": "", "boundary": " It lies on the boundary of the box to rounding, perhaps outside."}),
    ),
    claim(
        "all-equilibria.stable",
        "stable_equilibria",
        "Number of asymptotically stable equilibria in the closed box.",
        "number of asymptotically stable equilibria in the closed box lies in number",
        number="count",
    ),
    claim(
        "all-equilibria.undecided-boxes",
        "undecided_boxes",
        "Every equilibrium of the closed box that is not listed lies in one of the witness's undecided boxes.",
        "number = how many undecided boxes the witness has",
        number="count",
    ),
    claim(
        "all-equilibria.number-in-subspace",
        "equilibria",
        "Number of equilibria on the invariant subspace in the closed box.",
        "number of zeros x = base + vectors y in the closed box lies in number",
        number="count",
    ),
    claim(
        "all-equilibria.number-at-least-in-subspace",
        "equilibria",
        "Number of equilibria on the invariant subspace in the closed box; the lower bound counts those proved.",
        "number of zeros x = base + vectors y in the closed box lies in number",
        number="count",
    ),
    claim(
        "all-equilibria.equilibrium-in-subspace",
        "equilibrium_{point}",
        "One equilibrium on the invariant subspace lies within this Euclidean distance of point {point} of the "
        "witness; within the subspace it is {verdict}.{place}",
        "f(x) = 0 (map: x) for one x = base + vectors y with |x - points[point - 1]|_2 = number, of this stability of "
        "the restriction",
        point=INTEGER,
        verdict=VERDICT,
        place=one_of({"inside": "", "boundary": " It lies on the boundary of the box to rounding, perhaps outside."}),
    ),
    claim(
        "all-equilibria.stable-in-subspace",
        "stable_equilibria",
        "Number of equilibria on the invariant subspace in the closed box that are asymptotically stable within it.",
        "number of zeros x = base + vectors y in the closed box, asymptotically stable for the restriction, lies in "
        "number",
        number="count",
    ),
    claim(
        "all-equilibria.undecided-boxes-in-subspace",
        "undecided_boxes",
        "Every equilibrium on the subspace in the closed box that is not listed has its coordinates in one of the "
        "witness's undecided boxes.",
        "number = how many undecided boxes of coordinates y the witness has",
        number="count",
    ),
    hypothesis(
        "all-equilibria.lipschitz",
        "lipschitz",
        "Where a mean-value form is applied to a part of the box, the field is Lipschitz there with enclosed slopes.",
    ),
    hypothesis(
        "all-equilibria.smooth",
        "smooth",
        "The field is continuously differentiable near each equilibrium that is called stable or unstable.",
    ),
    hypothesis(
        "all-equilibria.invariant",
        "invariant",
        "The affine subspace is invariant under the dynamics; the coordinates y are entries of x.",
    ),
    reason(
        "all-equilibria.decided",
        "Every comparison is decided there, no jump is met, and kinks count with Clarke's generalised derivative.",
    ),
    reason(
        "all-equilibria.analytic",
        "Its program is real-analytic on a neighbourhood of their enclosures; the others have no verdict.",
    ),
    reason(
        "all-equilibria.undecided-part",
        "{count} part of the box stayed undecided: {why}",
        count=COUNTED,
        why=WHY,
    ),
    reason(
        "all-equilibria.undecided-parts",
        "{count} parts of the box stayed undecided: {why}",
        count=COUNTED,
        why=WHY,
    ),
    reason("all-equilibria.further", "{count} further equilibria were found", count=COUNTED),
    next_step("all-equilibria.more-budget", "raise the budget, or make the box smaller"),
    next_step(
        "all-equilibria.conserved",
        "the field seems to conserve linear totals, so that its equilibria are not isolated: pass subspace= the "
        "columns of the stoichiometric matrix (what spans the directions in which the state moves), and point= to set "
        "the totals",
    ),
    next_step(
        "all-equilibria.degenerate",
        "a degenerate equilibrium or a continuum of them may lie there: change the parameters slightly",
    ),
    next_step(
        "all-equilibria.pole",
        "leave the poles out of the box, or multiply each equation by its denominator",
    ),
    next_step(
        "all-equilibria.pole-or-degenerate",
        "leave the poles out of the box, or multiply each equation by its denominator; elsewhere a degenerate "
        "equilibrium or a continuum of them may lie: change the parameters slightly",
    ),
    next_step("all-equilibria.list-too", "list them too"),
)

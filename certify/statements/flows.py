"""What certificates say about the time map of a flow."""

from certify.statements.parameter import DETAIL, ESTIMATE, INTEGER
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

TEMPLATES = (
    theorem(
        "time-map.lohner",
        "Picard's theorem on each step, Taylor's formula with Lagrange's remainder over the a-priori enclosure, and "
        "the mean value theorem over the set of states [R. Lohner, Computation of guaranteed enclosures for the "
        "solutions of ordinary initial and boundary value problems, 1992; P. Zgliczynski, C1-Lohner algorithm, Found. "
        "Comput. Math. 2 (2002)].",
        "flow.analytic",
    ),
    theorem(
        "time-map.logarithmic-norm",
        "On each step the distance of the solutions from a polynomial, by blocks of coordinates of a frame, is at "
        "most the solution of a linear system of logarithmic norms and of the polynomial's defect [G. Dahlquist, "
        "Stability and error bounds in the numerical integration of ordinary differential equations, 1959; W. A. "
        "Coppel, Stability and Asymptotic Behavior of Differential Equations, 1965, III.2], by the comparison theorem "
        "for systems without negative entries off the diagonal [E. Kamke, 1932].",
        "flow.analytic",
    ),
    claim(
        "time-map.coordinate",
        "coordinate_{index}",
        "Component {index} of the solution at the final time.",
        "Phi_time(x)_index = number for all x in the box",
        index=INTEGER,
    ),
    claim(
        "time-map.derivative",
        "derivative_{row}_{column}",
        "Derivative of component {row} of the time map with respect to component {column} of the initial point.",
        "d Phi_time(x)_row / d x_column = number for all x in the box",
        row=INTEGER,
        column=INTEGER,
    ),
    hypothesis("flow.analytic", "analytic", "The field is real-analytic on the enclosure of the solutions."),
    reason(
        "flow.composition",
        "The condition under which each function of its program is analytic holds on each box of the enclosure.",
    ),
    reason("time-map.stopped", "{detail}", detail=DETAIL),
    reason("time-map.ended", "the steps end at time {time:.10g}", time=ESTIMATE),
    next_step(
        "time-map.shorter",
        "a shorter time, a smaller box of initial points (subdivide it), a larger budget; where the solution blows up "
        "there is nothing to enclose",
    ),
)

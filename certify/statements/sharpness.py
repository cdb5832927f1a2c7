"""What certificates say about the sharpness of a loss at given parameters."""

from certify.statements.parameter import DETAIL
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

TEMPLATES = (
    theorem(
        "sharpness.matrix",
        "The Hessian is enclosed entry by entry; outer bounds of its spectrum by a verified Cholesky factor, inner "
        "bounds by Rayleigh quotients [S. Rump, Verification methods, Acta Numerica 19 (2010)].",
        "sharpness.smooth",
    ),
    theorem(
        "sharpness.structure",
        "Weyl's inequality for H = J^T J / N + R, R the part of the residuals, with |R|_2 <= |R|_F; inner bounds by "
        "Rayleigh quotients [R. Horn, C. Johnson, Matrix Analysis, 4.2.2 and 4.3.1].",
        "sharpness.smooth",
    ),
    claim(
        "sharpness.largest",
        "sharpness",
        "The largest eigenvalue of the loss's Hessian at the given parameters.",
        "lambda_max(Hess L(params)) = number",
    ),
    claim(
        "sharpness.smallest",
        "smallest_curvature",
        "The smallest eigenvalue of the loss's Hessian at the given parameters.",
        "lambda_min(Hess L(params)) = number",
    ),
    hypothesis("sharpness.smooth", "smooth", "The loss is twice continuously differentiable near the parameters."),
    reason("sharpness.analytic", "Its program is real-analytic on a neighbourhood of them."),
    reason("sharpness.rough", "the loss is not proved to be twice differentiable there: {detail}", detail=DETAIL),
    reason("sharpness.unbounded", "the Hessian has no finite bound at the parameters"),
    next_step("sharpness.move", "move the parameters slightly, or smooth the loss"),
)

"""What certificates say about large Hopfield networks."""

from certify.statements.parameter import ESTIMATE, NUMBER, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

NORM = one_of({"maximum": "maximum", "euclidean": "euclidean"})

TEMPLATES = (
    theorem(
        "hopfield.contraction",
        "Contraction in a weighted norm: where the matrix measure of the Jacobian is at most -m < 0 over a ball around "
        "a point with |f| < m times its radius, the ball is forward invariant and holds exactly one equilibrium, "
        "within |f|/m of the point, which is exponentially stable [A. Davydov, S. Jafarpour, F. Bullo, IEEE Trans. "
        "Automat. Control 67 (2022), sections 3 and 4].",
        "hopfield.hyperbolic",
    ),
    claim(
        "hopfield.radius",
        "radius",
        "An exact equilibrium exists within this Euclidean distance of the witness's point.",
        "-decay x + A tanh(x) + bias = 0 for an x with |x - point|_2 = number",
    ),
    claim(
        "hopfield.uniqueness-radius",
        "uniqueness_radius",
        "No other equilibrium has all entries within this distance of those of the point.",
        "at most one equilibrium x has |x - point|_max <= number",
        number="promise",
    ),
    claim(
        "hopfield.spectral-abscissa",
        "spectral_abscissa",
        "Largest real part of an eigenvalue of the linearisation.",
        "max Re eig(-decay I + A diag(tanh'(x))) = number, x the equilibrium",
    ),
    claim(
        "hopfield.directions",
        "{side}_directions",
        "Number of {side} eigenvalues, with multiplicity.",
        "number of eigenvalues of the linearisation with negative (stable), positive (unstable) or undecided real part",
        number="count",
        side=one_of({name: name for name in ("stable", "unstable", "undecided")}),
    ),
    hypothesis("hopfield.hyperbolic", "hyperbolic", "No eigenvalue of the linearisation lies on the imaginary axis."),
    reason("hopfield.by-norm", "The matrix measure in the weighted {norm} norm bounds all real parts.", norm=NORM),
    reason(
        "hopfield.coupling-too-large",
        "the coupling near the point has the measure {coupling} in the {norm} norm, and less than the decay "
        "{decay} is needed",
        coupling=ESTIMATE,
        norm=NORM,
        decay=NUMBER,
    ),
    reason(
        "hopfield.residual-too-large",
        "the residual {residual:.3g} is too large for the margin {margin:.3g} and reach {reach:.3g}",
        residual=ESTIMATE,
        margin=ESTIMATE,
        reach=NUMBER,
    ),
    next_step(
        "hopfield.norms-only",
        "norms prove only strongly attracting states: use a saturated one, smaller weights, or for moderate sizes pass "
        "the network as a JAX function, whose eigenvalues are enclosed",
    ),
)

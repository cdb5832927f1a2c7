"""What certificates say about minima under optimisers, and about learning rates."""

from certify.statements.exponents import NATS
from certify.statements.minimum_reasons import NEXT_STEPS, REASONS
from certify.statements.parameter import INTEGER, one_of, several_of
from certify.statements.template import claim, hypothesis, theorem

_PAPER = (
    "D. Chemnitz and M. Engel, Characterizing dynamical stability of stochastic gradient descent in overparameterized "
    "learning"
)
_EXTENDED = " Its proof is used for the optimiser's companion map in place of the gradient-descent update."
SETTING = one_of({"gradient-descent": "", "companion": _EXTENDED})
UPDATE = one_of(
    {
        "gradient-descent": "I - eta Hess L",
        "heavy-ball": "the heavy-ball companion map",
        "nesterov": "the Nesterov companion map",
        "adam": "Adam's companion map",
        "batch": "the update of each batch",
        "batch-at-each-rate": "at each rate, the update of each batch",
    }
)


def _roots(trace: str, determinant: str) -> str:
    """The state map (parameters and memory) has these eigenvalues; the others belong to the memory alone."""
    return (
        f"Largest modulus of the roots of z^2 - ({trace}) z + ({determinant}) over the Hessian's eigenvalues h on the "
        "normal space, which are eigenvalues of the map of parameters and memory (all others are 1, or factors of the "
        "memory below 1)"
    )


RADIUS = one_of(
    {
        "gradient-descent": "Spectral radius of the update's Jacobian on the normal space",
        "heavy-ball": _roots("1 + b - eta h", "b"),
        "nesterov": _roots("(1 + b)(1 - eta h)", "b (1 - eta h)"),
        "adam": _roots("1 + b1 - (1 - b1)(eta/eps) h", "b1"),
    }
)
EXISTS = one_of({"interpolating": "interpolating minimum (zero loss)", "critical": "critical point of the loss"})
STABLE = one_of({name: name for name in ("stable", "unstable", "undecided")})
MEAN_SQUARE = one_of({name: name for name in ("stable", "unstable", "undecided")})

THEOREMS = (
    theorem(
        "minimum.theorem-A",
        f"Theorem A of {_PAPER}: a minimum is in the support of the limit law of gradient descent if the spectral "
        "radius of the update's Jacobian on the normal space is below one, and is not if it is above one.{setting}",
        "minimum.smooth",
        "minimum.H1-independent",
        "minimum.H2",
        "minimum.H3",
        "minimum.H4",
        setting=SETTING,
    ),
    theorem(
        "minimum.theorem-strict",
        "Theorem 3.5 of D. Chemnitz, M. Engel, C. Kuehn and S.-V. Kuntz, A dynamical systems perspective on the "
        "analysis of neural networks: a strict local minimum is locally Milnor stable under gradient descent if the "
        "spectral radius of the update's Jacobian is below one, and only if it is at most one.{setting}",
        "minimum.smooth",
        "minimum.H1-strict",
        "minimum.H2",
        "minimum.H3",
        "minimum.H4",
        setting=SETTING,
    ),
    theorem(
        "minimum.theorem-B",
        f"Theorem B of {_PAPER}: a regular minimum is in the support of the limit law of SGD if the Lyapunov exponent "
        "of the linearised updates on the normal space is negative, and is not if it is positive. Batches are drawn "
        "independently in each step.",
        "minimum.smooth",
        "minimum.H1-independent",
        "minimum.H2",
        "minimum.H3",
        "minimum.sampling",
        "minimum.regular",
        "minimum.extension",
    ),
    theorem(
        "learning-rates.sign",
        f"The sign of the Lyapunov exponent of the linearised updates, as in Theorem B of {_PAPER}, for batches that "
        "are drawn independently in each step.",
        "minimum.smooth",
        "minimum.H1-independent",
        "minimum.H2",
        "minimum.H3",
        "minimum.sampling",
        "minimum.regular",
    ),
)

CLAIMS = (
    claim(
        "minimum.existence-radius",
        "existence_radius",
        "An exact {what} exists within this Euclidean distance of the given parameters.",
        "F(theta) = 0 (interpolating) or grad L(theta) = 0 (critical) for a theta with |theta - params|_2 = number",
        what=EXISTS,
    ),
    claim(
        "minimum.sharpness",
        "sharpness",
        "Largest eigenvalue of the loss's Hessian on the normal space at the exact minimum.",
        "lambda_max(Hess L on the normal space) = number; for an interpolating minimum lambda_max(J J^T) / N",
    ),
    claim(
        "minimum.smallest-curvature",
        "smallest_curvature",
        "Smallest eigenvalue of the loss's Hessian on the normal space at the exact minimum.",
        "lambda_min(Hess L on the normal space) = number; for an interpolating minimum lambda_min(J J^T) / N",
    ),
    claim(
        "minimum.spectral-radius",
        "spectral_radius",
        "{radius} at the exact minimum: {update}.",
        "max |z| = number over the roots of z^2 - t(h) z + d(h), h the Hessian's eigenvalues on the normal space; "
        "(t, d) = (1 - eta h, 0), (1 + b - eta h, b), ((1 + b)(1 - eta h), b (1 - eta h)), (1 + b1 - (1 - b1)(eta/eps)"
        " h, b1) for gradient descent, heavy ball, Nesterov, Adam at zero moments",
        radius=RADIUS,
        update=UPDATE,
    ),
    claim(
        "minimum.critical-learning-rate",
        "critical_learning_rate",
        "Learning rate below which the spectral radius is below one and above which it is above one, other settings "
        "unchanged.",
        "number = the eta at which the spectral radius is 1",
    ),
    claim(
        "minimum.float32-error",
        "float32_error",
        "Bound of |float32 - real| over all outputs and examples at the given parameters: the network's program "
        "evaluated equation by equation in float32 (parameters, data and constants rounded; results rounded to "
        "nearest, or flushed to zero below 2^-126; quotients also as products with a reciprocal; sums in any order, "
        "with or without fused multiply-add; elementary functions off by at most {ulps} units in the last place; "
        "softmax and log-sum-exp with their largest entry subtracted first) against the function of real numbers.",
        "max |fl32(predict)(params, x_i) - predict(params, x_i)| <= number",
        ulps=INTEGER,
    ),
    claim(
        "minimum.second-moment",
        "second_moment_exponent",
        "Mean-square growth lim (1/n) log E |A_n ... A_1|^2: the minimum is mean-square {verdict}.",
        "lim (1/n) log E |A_n ... A_1|^2 = number",
        unit=NATS,
        verdict=MEAN_SQUARE,
    ),
    claim(
        "minimum.gradient-descent-spectral-radius",
        "gradient_descent_spectral_radius",
        "Spectral radius of full-batch gradient descent at this learning rate: under it the minimum is {verdict}.",
        "max |1 - eta h| = number over the Hessian's eigenvalues h on the normal space",
        verdict=STABLE,
    ),
    claim(
        "minimum.gradient-descent-critical-learning-rate",
        "gradient_descent_critical_learning_rate",
        "Learning rate at which full-batch gradient descent loses stability.",
        "number = 2 / lambda_max",
    ),
    claim(
        "learning-rates.bracket",
        "critical_learning_rate",
        "SGD has a negative exponent at every positive rate up to the lower end of this bracket, and a positive one "
        "from its upper end on, as far as the next number says.",
        "exponent(eta) < 0 for 0 < eta <= lower end, and > 0 for upper end <= eta <= `unstable_up_to`",
    ),
    claim(
        "learning-rates.positive-up-to",
        "unstable_up_to",
        "At every rate between the bracket's upper end and this one the exponent is positive.",
        "exponent(eta) > 0 for upper end <= eta <= number",
        number="promise",
    ),
)

HYPOTHESES = (
    hypothesis(
        "minimum.smooth",
        "smooth",
        "The network is twice continuously differentiable in a neighbourhood of the exact minimum.",
    ),
    hypothesis(
        "minimum.interpolation",
        "interpolation",
        "Some parameters meet the targets of all examples exactly.",
    ),
    hypothesis(
        "minimum.H1-independent",
        "H1",
        "The gradients of the residuals are linearly independent at the minimum, so that near it the minima form a "
        "manifold of dimension D - qN.",
    ),
    hypothesis("minimum.H1-strict", "H1", "The Hessian of the loss is positive definite at the minimum."),
    hypothesis("minimum.H2", "H2", "The law of the initial parameters is equivalent to Lebesgue measure."),
    hypothesis(
        "minimum.H3",
        "H3",
        "The update map of parameters and memory together is non-singular for every batch: preimages of null sets are "
        "null sets ({update}).",
        update=UPDATE,
    ),
    hypothesis(
        "minimum.H4",
        "H4",
        "The stability theorem holds for the companion map of the optimiser (parameters and memory together).",
    ),
    hypothesis(
        "minimum.sampling",
        "sampling",
        "The batches of {batch} are drawn independently in each step, uniformly among all sets of {batch} different "
        "examples.",
        batch=INTEGER,
    ),
    hypothesis(
        "minimum.extension",
        "extension",
        "Theorem B holds for {parts}.",
        parts=several_of(
            {
                "batches": "batches of more than one example",
                "outputs": "vector outputs",
                "momentum": "momentum",
            },
            " and ",
        ),
    ),
    hypothesis(
        "minimum.regular",
        "regular",
        "The minimum is regular: eta K_ii is neither 1 nor 2 for any i, and the graph of K is connected.",
    ),
)

TEMPLATES = (*THEOREMS, *CLAIMS, *HYPOTHESES, *REASONS, *NEXT_STEPS)

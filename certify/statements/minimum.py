"""What certificates say about minima under optimisers, and about learning rates."""

from certify.statements.exponents import NATS
from certify.statements.parameter import DETAIL, ENCLOSED, ESTIMATE, INTEGER, one_of, several_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

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
ARITHMETIC = one_of(
    {
        "residual": "the residual in Arb balls and the Jacobian in float64 balls",
        "all": "residual and Jacobian in Arb balls",
        "merged": "residual and Jacobian in Arb balls, equal operands of maxima merged",
    }
)
_ONTO = "The Jacobian of the residual is onto at the exact minimum: a right inverse was verified"
_EXTENDED = " at a point of {terms} more terms than a float, with {arithmetic} ({bits} bits)."
_SINGLE = " {copies} examples that repeat another one count once, with its weight; qN counts distinct examples."
STABLE = one_of({name: name for name in ("stable", "unstable", "undecided")})
MEAN_SQUARE = one_of({name: name for name in ("stable", "unstable", "undecided")})
DETERMINANT = one_of(
    {
        "jacobian": "the Jacobian determinant is proved non-zero",
        "batches": "every batch's determinant is proved non-zero",
    }
)
REGULAR = several_of(
    {
        "eta-K-1": "eta K_ii = 1 for some i",
        "eta-K-2": "eta K_ii = 2 for some i",
        "disconnected": "the graph of K is not connected",
    },
    " and ",
)

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
        "nearest, or flushed to zero below 2^-126; sums in any order, with or without fused multiply-add; elementary "
        "functions off by at most {ulps} units in the last place) against the function of real numbers.",
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

REASONS = (
    reason("minimum.kink", "A kink or a jump is not excluded: {detail}.", detail=DETAIL),
    reason(
        "minimum.analytic-near",
        "Its program is real-analytic, for every example, on a neighbourhood of the minimum's enclosure.",
    ),
    reason("minimum.onto", "The Jacobian of the residual is onto at the exact minimum: a right inverse was verified."),
    reason("minimum.onto-single", _ONTO + "." + _SINGLE, copies=INTEGER),
    reason("minimum.onto-extended", _ONTO + _EXTENDED, arithmetic=ARITHMETIC, bits=INTEGER, terms=INTEGER),
    reason(
        "minimum.onto-extended-single",
        _ONTO + _EXTENDED + _SINGLE,
        arithmetic=ARITHMETIC,
        bits=INTEGER,
        terms=INTEGER,
        copies=INTEGER,
    ),
    reason(
        "minimum.contradiction",
        "examples {first} and {second} (counted from 0) have the same inputs and different targets",
        first=INTEGER,
        second=INTEGER,
    ),
    reason("minimum.definite", "The smallest eigenvalue of the Hessian is enclosed above zero."),
    reason(
        "minimum.initialisation",
        "A property of the initialisation, for example a normal law; it is not visible in the minimum.",
    ),
    reason("minimum.published-for-descent", "It is published for gradient descent."),
    reason(
        "minimum.published-for-descent-adam",
        "It is published for gradient descent. Adam is linearised where sqrt(v) is negligible against eps: only "
        "gradients far below eps are covered.",
    ),
    reason(
        "minimum.loader",
        "A property of the data loader: epochs of shuffled data, or a fixed order, may have another exponent.",
    ),
    reason(
        "minimum.published-for-scalars",
        "It is published for scalar outputs, batches of one and no momentum; the sign of the exponent is proved.",
    ),
    reason(
        "minimum.forgetful",
        "Refuted: with a memory that is multiplied by 0 the map sends the whole space to a null set. The instability "
        "half of the theorem does not apply to it; without memory the same iteration is gradient descent.",
    ),
    reason("minimum.memory-factor", "The memory's factor could not be separated from zero."),
    reason("minimum.undefined", "The network is not proved to be defined on all of R^D: {detail}.", detail=DETAIL),
    reason(
        "minimum.by-memory",
        "The map is an affine map of the memory with a factor above 0 for fixed parameters, followed by a translation "
        "of the parameters for fixed memory: by Fubini both pull null sets back to null sets, for any measurable "
        "gradient that is defined almost everywhere.",
    ),
    reason("minimum.not-analytic", "The network is not real-analytic on all of R^D: {detail}.", detail=DETAIL),
    reason(
        "minimum.determinant-at-minimum",
        "The network is real-analytic on all of R^D and {what} at the minimum.",
        what=DETERMINANT,
    ),
    reason(
        "minimum.determinant-elsewhere",
        "The network is real-analytic on all of R^D and {what} at a point near the minimum.",
        what=DETERMINANT,
    ),
    reason(
        "minimum.determinant-on-pieces",
        "Off a null set the network equals one of finitely many real-analytic functions on all of R^D, which take one "
        "branch at each kink; for all of them {what} at one point.",
        what=DETERMINANT,
    ),
    reason(
        "minimum.affine-and-singular",
        "Refuted: the network is affine in its parameters, so that the update is an affine map, and its determinant is "
        "0 by exact arithmetic: it sends the whole space to a null set.",
    ),
    reason("minimum.determinant-open", "The Jacobian determinant at the minimum could not be separated from zero."),
    reason(
        "minimum.semicontinuous",
        "A negative exponent stays negative nearby: (1/n) E log(|A_n .. A_1| + delta) is continuous and decreases to "
        "(1/n) E log |A_n .. A_1| as delta does to 0 (monotone convergence), without inverting a matrix.",
    ),
    reason("minimum.regular-scalar-only", "The definition covers one output and batches of one only."),
    reason(
        "minimum.irregular",
        "{what} is proved, so the theorem does not apply",
        what=REGULAR,
    ),
    reason("minimum.separated", "Separated by the balls of K; connectedness by its graph."),
    reason("minimum.regularity-open", "the balls of K do not exclude that {what}", what=REGULAR),
    reason("minimum.not-proved", "{detail}", detail=DETAIL),
    reason("minimum.no-interpolation", "no interpolation exists: {detail}", detail=DETAIL),
    reason(
        "minimum.rough",
        "the network is not proved to be differentiable near the minimum: {detail}",
        detail=DETAIL,
    ),
    reason(
        "minimum.moving",
        "only minima that fit every example are fixed points of SGD, and this one is not proved to do so",
    ),
    reason(
        "minimum.not-positive",
        "the smallest eigenvalue of the Hessian lies in [{lower:.3g}, {upper:.3g}], which does not exclude zero: the "
        "critical point is not proved to be a minimum of the kind that the theorem treats",
        lower=ESTIMATE,
        upper=ESTIMATE,
    ),
    reason(
        "minimum.critical",
        "the spectral radius {enclosure} is not separated from 1: the learning rate is within rounding error of the "
        "critical value",
        enclosure=ENCLOSED,
    ),
    reason(
        "minimum.singular-update",
        "the linearised update expands, but the update map is singular, so that starts may land on the minimum",
    ),
    reason(
        "minimum.sign-undecided",
        "the Lyapunov exponent is proved to lie in {enclosure}, which does not decide its sign",
        enclosure=ENCLOSED,
    ),
    reason(
        "minimum.must-be-regular",
        "the exponent {enclosure} is proved positive, but for a verdict the minimum must be regular: {detail}",
        enclosure=ENCLOSED,
        detail=DETAIL,
    ),
    reason("learning-rates.no-minimum", "no interpolating minimum is proved to exist near the parameters"),
    reason("learning-rates.one-end", "one end of the bracket could not be proved"),
    reason(
        "learning-rates.singular",
        "Proved by certificates of single rates; it fails where eta makes an update's determinant vanish.",
    ),
    reason(
        "learning-rates.irregular",
        "Proved by certificates of single rates; it fails at the finitely many rates with eta K_ii = 1 or 2.",
    ),
)

NEXT_STEPS = (
    next_step("minimum.next", "{detail}", detail=DETAIL),
    next_step(
        "minimum.drop-one",
        "drop one of the two, or give both the same target; with residuals that stay, the minimum is not a manifold of "
        "interpolations: pass sp.Loss for a strict one",
    ),
    next_step(
        "minimum.smooth-it",
        "the linearised update decides nothing at a kink or a jump: smooth the network, or train to another minimum",
    ),
    next_step(
        "minimum.gram-or-descent",
        "prove it with the Gram matrix as an interpolating minimum, or ask about gradient descent",
    ),
    next_step("minimum.train-or-remove", "train further, or remove parameters on which the loss does not depend"),
    next_step(
        "minimum.symbolic-or-change",
        "at the threshold itself a symbolic argument is needed; otherwise change the learning rate slightly",
    ),
    next_step(
        "minimum.change-rate-or-memory",
        "change the learning rate slightly, or describe the iteration by an optimiser without idle memory",
    ),
    next_step(
        "minimum.more-budget",
        "raise the budget of the exponent's engines, or change the learning rate or the batch size",
    ),
    next_step(
        "minimum.change-data",
        "change the learning rate or the data slightly; the linearised dynamics is unstable as proved",
    ),
    next_step("learning-rates.train", "train further, or use a wider network"),
    next_step("learning-rates.smooth", "smooth the network"),
    next_step("learning-rates.more-budget", "raise the budget or narrow the input"),
)

TEMPLATES = (*THEOREMS, *CLAIMS, *HYPOTHESES, *REASONS, *NEXT_STEPS)

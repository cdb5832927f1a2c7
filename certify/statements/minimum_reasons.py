"""Reasons and next steps of certificates about minima under optimisers, and about learning rates."""

from certify.statements.parameter import DETAIL, ENCLOSED, ESTIMATE, INTEGER, one_of, several_of
from certify.statements.template import next_step, reason

ARITHMETIC = one_of(
    {
        "residual": "the residual in Arb balls and the Jacobian in float64 balls",
        "all": "residual and Jacobian in Arb balls",
        "merged": "residual and Jacobian in Arb balls, equal operands of maxima merged",
    }
)
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
_ONTO = "The Jacobian of the residual is onto at the exact minimum: a right inverse was verified"
_EXTENDED = " at a point of {terms} more terms than a float, with {arithmetic} ({bits} bits)."
_SINGLE = " {copies} examples that repeat another one count once, with its weight; qN counts distinct examples."

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

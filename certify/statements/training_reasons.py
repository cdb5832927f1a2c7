"""Reasons and next steps of certificates about losses, optimisers given as programs, and ways of sampling."""

from certify.statements.parameter import DETAIL, ENCLOSED, ESTIMATE, INTEGER, one_of
from certify.statements.template import next_step, reason

SIGN = one_of({name: name for name in ("STABLE", "UNSTABLE", "UNDECIDED")})
DRAWN = one_of({"shuffled": "shuffled epochs", "fixed": "epochs in this order"})

REASONS = (
    reason(
        "sampling.loader",
        "A property of the data loader: one permutation for all epochs is a fixed order.",
    ),
    reason(
        "sampling.negative-half",
        "The half for negative exponents rests on subadditivity and on independent, identically distributed maps.",
    ),
    reason(
        "sampling.positive-half",
        "The half for positive exponents is published for single examples drawn independently; for epoch maps it "
        "needs a minimum that is regular in their sense. The exponent itself is proved positive.",
    ),
    reason(
        "sampling.last-batch-open",
        "Not every batch's determinant, that of the last and smaller batch included, could be separated from zero at "
        "the minimum.",
    ),
    reason(
        "sampling.sign-undecided",
        "the exponent of {drawn} is proved to lie in {enclosure}, which does not decide its sign",
        drawn=DRAWN,
        enclosure=ENCLOSED,
    ),
    reason(
        "sampling.disagree",
        "it depends on how the batches are drawn, which SGD does not say here: independent batches: {independent}, "
        "shuffled epochs: {shuffled} (exponent {enclosure})",
        independent=SIGN,
        shuffled=SIGN,
        enclosure=ENCLOSED,
    ),
    reason("loss.in-pieces", "The update map is not proved real-analytic: {detail}.", detail=DETAIL),
    reason(
        "loss.replaced",
        "the network replaces its derivative ({detail}), so that training follows jax.grad, which is another field "
        "than the gradient of the loss",
        detail=DETAIL,
    ),
    reason("optimizer.refused", "{detail}", detail=DETAIL),
    reason(
        "optimizer.batches",
        "no theorem here covers this optimiser with batches of {batch}: its steps are not those of SGD with momentum, "
        "and no norm is proved that they do not expand; what is proved is the minimum, its curvature and, where it is "
        "shown, the preconditioned sharpness",
        batch=INTEGER,
    ),
    reason(
        "optimizer.along",
        "along the manifold of minima the optimiser is not proved to stay while its memory decays",
    ),
    reason(
        "optimizer.given",
        "the memory {detail} keeps the value that it was given and moves the parameters, so that the step is known to "
        "be differentiable at one point of rest alone, which decides instability only",
        detail=DETAIL,
    ),
    reason(
        "optimizer.not-separated",
        "the Hessian's eigenvalues from {lower:.6g} to {upper:.6g} are not separated from the critical ones",
        lower=ESTIMATE,
        upper=ESTIMATE,
    ),
    reason("optimizer.not-positive", "the smallest eigenvalue of the Hessian is not proved positive"),
    reason(
        "optimizer.octaves",
        "For the counters of every octave an eigenvalue is proved to lie outside; that the products grow is known of "
        "slowly varying systems, and is not proved here.",
    ),
    reason("optimizer.loss-zero", "The squared error of an interpolating minimum is zero."),
    reason("optimizer.loss-near", "The loss at the given parameters; the certificate holds its gradient alone."),
    reason("optimizer.exact-zeros", "Evaluated on its program with exact zeros."),
    reason(
        "optimizer.blind",
        "Evaluated on its program with exact zeros, for all parameters of a box around the minimum.",
    ),
    reason(
        "optimizer.contraction",
        "A contraction of parameters and memory, with late step counters; weight decay holds it away from the minimum.",
    ),
    reason("optimizer.power-jets", "Power jets: remainders of order above one."),
    reason(
        "optimizer.accumulators",
        "Power jets: remainders of order above one. The accumulators {detail} keep their values: neutral "
        "directions of Theorem N.",
        detail=DETAIL,
    ),
    reason(
        "optimizer.weighted",
        "Power jets: remainders of order above one. The coordinates are scaled differently: the spectrum is that of "
        "one coordinate's step at the curvatures of D^(1/2) H D^(1/2), D the diagonal of the scales.",
    ),
    reason(
        "optimizer.weighted-accumulators",
        "Power jets: remainders of order above one. The accumulators {detail} keep their values: neutral directions of "
        "Theorem N. The coordinates are scaled differently: the spectrum is that of one coordinate's step at the "
        "curvatures of D^(1/2) H D^(1/2), D the diagonal of the scales.",
        detail=DETAIL,
    ),
    reason(
        "strict-minimum.rough",
        "the gradient is not proved to be differentiable near its zero: {detail}",
        detail=DETAIL,
    ),
    reason(
        "strict-minimum.not-positive",
        "the smallest eigenvalue {enclosure} of the Hessian is not proved positive",
        enclosure=ENCLOSED,
    ),
    reason("strict-minimum.critical", "the learning rate is within rounding error of the critical value"),
    reason(
        "strict-minimum.only-descent",
        "where derivatives are replaced the field is not a gradient, and only gradient descent is certified along it",
    ),
    reason(
        "strict-minimum.not-separated", "the spectral radius {enclosure} is not separated from 1", enclosure=ENCLOSED
    ),
    reason(
        "symmetric-minimum.definite",
        "H V = 0 for the directions V of the symmetries, and H + c U U^T is positive definite, U a basis of them.",
    ),
    reason(
        "symmetric-minimum.on-the-program",
        "Proved on the program, equation by equation: weights, matrices and shifts cancel.",
    ),
    reason("symmetric-minimum.derived", "Derived from the stored loss by the rules of this program."),
    reason(
        "symmetric-minimum.not-invariant",
        "the symmetry number {position} (from 0) is not proved to leave the loss as it is",
        position=INTEGER,
    ),
    reason("symmetric-minimum.not-proved", "no minimum modulo the symmetries is proved: {detail}", detail=DETAIL),
    reason("strict-minimum.traced", "Traced from jax.grad."),
    reason(
        "strict-minimum.symmetric",
        "Traced from jax.grad of a loss that replaces no derivative; the file holds the field alone, whose derivative "
        "is symmetric if this is so.",
    ),
)

NEXT_STEPS = (
    next_step("sampling.more-budget", "raise the budget, or change the learning rate or the batch size"),
    next_step(
        "sampling.say-how",
        'say how the data loader draws: SGD(..., sampling="shuffled"), "iid", "fixed", or an order',
    ),
    next_step("loss.own-derivative", "write the network with its own derivative"),
    next_step(
        "loss.as-a-field",
        "pass sp.Loss(function, params, *data), which certifies gradient descent along the field of jax.grad",
    ),
    next_step(
        "optimizer.simulate",
        "the preconditioned sharpness at the given state, where it is shown, is proved; simulate the optimiser for "
        "the rest",
    ),
    next_step("optimizer.train", "train further"),
    next_step("optimizer.change-rate", "change the learning rate slightly"),
    next_step("strict-minimum.smooth", "smooth the loss"),
    next_step(
        "strict-minimum.train",
        "train further; minima modulo a symmetry, or flat directions, are not strict minima",
    ),
    next_step(
        "symmetric-minimum.next",
        "train further; symmetries are read off sums, products, contractions, norms, ReLU, softmax and differences",
    ),
    next_step("strict-minimum.ask-descent", "ask about gradient descent"),
)

"""What certificates say about the training step that people run: losses, epochs of batches, optimisers as programs."""

from certify.statements.exponents import NATS, PLACES
from certify.statements.minimum import EXISTS, MEAN_SQUARE
from certify.statements.parameter import INTEGER, one_of, several_of
from certify.statements.template import claim, hypothesis
from certify.statements.training_reasons import NEXT_STEPS, REASONS
from certify.statements.training_theorems import THEOREMS

# The losses of `certify.training.losses`, and "program" for one that is stored; a test holds the two lists together.
LOSSES = {
    "softmax-cross-entropy": "-sum_k y_k log softmax(f)_k",
    "logistic": "-sum_k (y_k log s(f_k) + (1 - y_k) log s(-f_k)), s the logistic function",
    "poisson": "sum_k (exp(f_k) - y_k f_k)",
    "weighted-squared": "(1/2) sum_k w_k (f_k - y_k)^2",
    "huber": "sum_k Huber's function of f_k - y_k",
    "log-cosh": "sum_k log cosh(f_k - y_k)",
    "program": "(the stored program)",
}
LOSS = one_of(LOSSES)
FIELD = one_of(
    {
        "gradient": "the gradient of the loss",
        "jax-grad": "jax.grad of the loss, whose derivatives the user replaced",
    }
)
EPOCH_ENGINES = {
    "every-order": "contraction in every order",
    "determinants": "determinants",
    "second-moment": "second moment",
}
_SHOWN = EPOCH_ENGINES | {name: name for engine in PLACES for name in (engine, f"explicit/{engine}")}
USED = several_of(_SHOWN)
RULE = one_of(
    {
        "gradient-descent": "gradient descent",
        "heavy-ball": "heavy ball",
        "nesterov": "Nesterov's method",
        "adam": "Adam at zero moments",
    }
)


CLAIMS = (
    claim(
        "minimum.existence-radius-of-loss",
        "existence_radius",
        "Parameters at which every example's loss {loss} has a local minimum in its prediction exist within this "
        "Euclidean distance of the given ones (a convex loss has no other minima).",
        "u -> l(u, y_i) has a local minimum at u = f(theta, x_i) for every i, for a theta with |theta - params|_2 = "
        "number",
        loss=LOSS,
    ),
    claim(
        "strict-minimum.existence-radius",
        "existence_radius",
        "An exact zero of the field exists within this Euclidean distance of the given parameters; the field is "
        "{field}.",
        "G(theta) = 0 for a theta with |theta - params|_2 = number, G the stored field",
        field=FIELD,
    ),
    claim(
        "symmetric-minimum.dimension",
        "orbit_dimension",
        "Dimension of the orbit of the loss's symmetries through the minimum: all its points are minima.",
        "rank (S_j theta + t_j)_j = number at the exact minimum, the kernel of the Hessian there is its span",
        number="count",
    ),
    claim(
        "strict-minimum.spectral-radius",
        "spectral_radius",
        "Spectral radius of the derivative of the step of {rule} at the exact minimum.",
        "max |z| = number over the roots of z^2 - t(h) z + d(h), h the Hessian's eigenvalues, (t, d) as for "
        "`minimum.spectral-radius`",
        rule=RULE,
    ),
    claim(
        "strict-minimum.spectral-radius-of-field",
        "spectral_radius",
        "Spectral radius of I - eta DG at the exact zero, G the field of jax.grad.",
        "rho(I - eta DG) = number, G the stored field",
    ),
    claim(
        "sampling.shuffled-exponent",
        "lyapunov_exponent",
        "Top Lyapunov exponent of the linearised updates under shuffled epochs (engines: {engines}).",
        "lim (1/(n m)) E log |M_n ... M_1| = number, M the update of an epoch of m batches in uniform random order",
        unit=NATS,
        engines=USED,
    ),
    claim(
        "sampling.shuffled-exponent-beside",
        "shuffled_lyapunov_exponent",
        "Top Lyapunov exponent of the linearised updates under shuffled epochs (engines: {engines}).",
        "lim (1/(n m)) E log |M_n ... M_1| = number, M the update of an epoch of m batches in uniform random order",
        unit=NATS,
        engines=USED,
    ),
    claim(
        "sampling.shuffled-second-moment",
        "second_moment_exponent",
        "Mean-square growth under shuffled epochs: the minimum is mean-square {verdict}.",
        "lim (1/(n m)) log E |M_n ... M_1|^2 = number, M the update of an epoch of m batches in uniform random order",
        unit=NATS,
        verdict=MEAN_SQUARE,
    ),
    claim(
        "sampling.shuffled-second-moment-beside",
        "shuffled_second_moment_exponent",
        "Mean-square growth under shuffled epochs: the minimum is mean-square {verdict}.",
        "lim (1/(n m)) log E |M_n ... M_1|^2 = number, M the update of an epoch of m batches in uniform random order",
        unit=NATS,
        verdict=MEAN_SQUARE,
    ),
    claim(
        "sampling.contracting-learning-rate",
        "contracting_learning_rate",
        "At every positive learning rate below this one no batch expands the norm of K, and an epoch that uses all "
        "examples contracts in every order (one that drops some contracts on average).",
        "eta lambda_max(K_SS) / |S| < 2 for every batch S that an epoch may have and every 0 < eta < number",
        number="guarantee",
    ),
    claim(
        "sampling.contracting-learning-rate-with-momentum",
        "contracting_learning_rate",
        "At every positive learning rate below this one no batch expands a norm on parameters and memory, and an epoch "
        "that uses all examples contracts it in every order (one that drops some contracts on average).",
        "eta (1 + b) lambda_max(K_SS) / |S| < 2 (1 - b)^2 for every batch S that may occur and every 0 < eta < number, "
        "b the momentum",
        number="guarantee",
    ),
    claim(
        "sampling.momentum-exponent",
        "lyapunov_exponent",
        "Top Lyapunov exponent of the linearised updates with momentum (engines: {engines}).",
        "lim (1/n) E log |M_n ... M_1| = number, M_k the update of parameters and memory by independent batches",
        unit=NATS,
        engines=USED,
    ),
    claim(
        "sampling.fixed-exponent",
        "lyapunov_exponent",
        "Logarithm of the spectral radius of one epoch's linearised update in the given order, divided by its steps.",
        "(1/m) log rho(A_(S_m) ... A_(S_1)) = number, S_1, ..., S_m the batches of the order",
        unit=NATS,
    ),
    claim(
        "optimizer.shortest-step",
        "shortest_step",
        "Near the minimum each coordinate with a gradient moves by at least half of this number in every step: the "
        "step does not shrink with the gradient.",
        "|theta_i' - theta_i| >= number / 2 for every i with a gradient or a memory of one, near the minimum",
        number="guarantee",
    ),
    claim(
        "optimizer.first-step",
        "first_step",
        "From parameters as near the minimum as one likes, with the memory at rest, one step moves parameters or "
        "memory by at least half of this Euclidean length.",
        "|T(theta, s) - (theta, s)|_2 >= number / 2 at the memory s at rest for parameters theta with theta -> theta*",
        number="guarantee",
    ),
    claim(
        "optimizer.rest-distance",
        "rest_distance",
        "The optimiser rests, with its memory, at exact parameters within this Euclidean distance of the given ones.",
        "T(theta, s) = (theta, s) for a theta with |theta - params|_2 <= number",
    ),
    claim(
        "optimizer.spectral-radius",
        "spectral_radius",
        "Spectral radius of the derivative of the step, with the memory, at that point of rest.",
        "rho(DT) = number at the point of rest, T the stored program after the stored field",
    ),
    claim(
        "optimizer.critical-curvature",
        "critical_curvature",
        "Largest number up to which every Hessian eigenvalue, from 2^-{power} times the smallest curvature on, makes "
        "the linearised step stable.",
        "number = sup of the c such that the step is stable for every h with 2^-power lambda_min <= h <= c",
        power=INTEGER,
    ),
    claim(
        "optimizer.preconditioned-sharpness",
        "preconditioned_sharpness",
        "Preconditioned sharpness at the exact minimum with the given second moments: for Adam G = rate (1 - b1) / "
        "(sqrt(v) + eps), locally stable below 2 (1 + b1).",
        "lambda_max(G^(1/2) H G^(1/2)) = number, G = -d(step)/d(gradient) at the stored memory",
    ),
    claim(
        "optimizer.critical-preconditioned-sharpness",
        "critical_preconditioned_sharpness",
        "With second moments and accumulators held as they were given, the largest number up to which every "
        "preconditioned curvature, from 2^-{power} times the smallest one on, makes the linearised step stable.",
        "number = sup of the c such that the step with that memory held, its gradient divided by G, is stable for "
        "every h with 2^-power h_min <= h <= c, h_min the least eigenvalue of G^(1/2) H G^(1/2) across the minima",
        power=INTEGER,
    ),
)

_NEAR = "every start theta_0 with |theta_0 - params|_2 <= "
BASIN = (
    claim(
        "basin.radius",
        "basin_radius",
        "From every start within this Euclidean distance of the given parameters, with zero memory, the optimiser "
        "converges to an exact {what}.",
        f"{_NEAR}number leads to a limit with F = 0 (interpolating) or grad L = 0 (critical)",
        number="guarantee",
        what=EXISTS,
    ),
    claim(
        "basin.distance",
        "limit_distance",
        "Largest distance of these limits from the given parameters.",
        f"sup |lim theta_k - params|_2 = number over {_NEAR}the `basin_radius` of this certificate",
    ),
    claim(
        "basin.rate",
        "convergence_rate",
        "Slowest rate of this convergence.",
        f"sup limsup |theta_k - lim theta|_2^(1/k) = number over {_NEAR}the `basin_radius` of this certificate",
    ),
)

HYPOTHESES = (
    hypothesis(
        "sampling.shuffling",
        "shuffling",
        "Every epoch runs through a uniformly random permutation of the examples, independent of the epochs before.",
    ),
    hypothesis("sampling.epochs", "epochs", "Theorem B holds for the epoch maps."),
    hypothesis(
        "optimizer.rest",
        "rest",
        "The optimiser rests at the minimum: update and memory are fixed points where the gradient vanishes.",
    ),
    hypothesis(
        "optimizer.differentiable",
        "differentiable",
        "The step is differentiable at the point of rest, relative to memories that the optimiser can reach.",
    ),
    hypothesis(
        "optimizer.slow",
        "slow",
        "The step changes so slowly with its counter that an eigenvalue outside of the unit circle at every counter "
        "makes the products of the steps grow.",
    ),
    hypothesis(
        "optimizer.loss",
        "loss",
        "The value of the loss that the optimiser is given at the minimum is the stored one, up to one part in 10^9.",
    ),
    hypothesis(
        "symmetric-minimum.H1-orbit",
        "H1",
        "The Hessian of the loss is positive definite across the orbit of the loss's symmetries through the minimum.",
    ),
    hypothesis(
        "symmetric-minimum.invariance",
        "symmetry",
        "The loss does not change along {count} linear or affine generators, which move the minimum in independent "
        "directions.",
        count=INTEGER,
    ),
    hypothesis("strict-minimum.field", "field", "The field that training follows is {field}.", field=FIELD),
)

TEMPLATES = (*THEOREMS, *CLAIMS, *BASIN, *HYPOTHESES, *REASONS, *NEXT_STEPS)

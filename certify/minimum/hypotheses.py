"""The hypotheses of the stability theorems, in words: one small function for each, with its parameters."""

from certify.certificate.model import Hypothesis, Status


def independent_gradients() -> Hypothesis:
    """H1, which the proof of existence has shown."""
    return Hypothesis(
        "H1",
        "The gradients of the residuals are linearly independent at the minimum, so that near it the minima form a "
        "manifold of dimension D - qN.",
        Status.PROVED,
        "The Jacobian of the residual is onto at the exact minimum: a right inverse was verified.",
    )


def strict_minimum() -> Hypothesis:
    """H1 for strict minima."""
    return Hypothesis(
        "H1",
        "The Hessian of the loss is positive definite at the minimum.",
        Status.PROVED,
        "The smallest eigenvalue of the Hessian is enclosed above zero.",
    )


def initial_density() -> Hypothesis:
    """H2, which only the user can know."""
    return Hypothesis(
        "H2",
        "The law of the initial parameters is equivalent to Lebesgue measure.",
        Status.ASSUMED,
        "A property of the initialisation, for example a normal law; it is not visible in the minimum.",
    )


def smooth(obstacle: str) -> Hypothesis:
    """The network is analytic, hence C2, around the exact minimum; `obstacle`: what stands against it, or ""."""
    text = "The network is twice continuously differentiable in a neighbourhood of the exact minimum."
    if obstacle:
        return Hypothesis("smooth", text, Status.UNDECIDED, f"A kink or a jump is not excluded: {obstacle}.")
    reason = "Its program is real-analytic, for every example, on a neighbourhood of the minimum's enclosure."
    return Hypothesis("smooth", text, Status.PROVED, reason)


def non_singular(status: Status, update: str, reason: str) -> Hypothesis:
    """H3 about the whole state map: parameters and memory together, for every batch, on all of R^D."""
    text = (
        "The update map of parameters and memory together is non-singular for every batch: preimages of null sets are "
        f"null sets ({update})."
    )
    return Hypothesis("H3", text, status, reason)


def companion_extension(adam: bool) -> Hypothesis:
    """H4: what goes beyond the theorem for gradient descent."""
    text = "The stability theorem holds for the companion map of the optimiser (parameters and memory together)."
    reason = "It is published for gradient descent."
    if adam:
        reason += " Adam is linearised where sqrt(v) is negligible against eps: only gradients far below eps are "
        reason += "covered."
    return Hypothesis("H4", text, Status.ASSUMED, reason)


def independent_batches(batch_size: int) -> Hypothesis:
    """How the batches are drawn, which only the user can know."""
    text = (
        f"The batches of {batch_size} are drawn independently in each step, uniformly among all sets of {batch_size} "
        "different examples."
    )
    reason = "A property of the data loader: epochs of shuffled data, or a fixed order, may have another exponent."
    return Hypothesis("sampling", text, Status.ASSUMED, reason)


def shuffled_batches() -> Hypothesis:
    """How epochs are shuffled, which only the user can know."""
    text = "Every epoch runs through a uniformly random permutation of the examples, independent of the epochs before."
    reason = "A property of the data loader: one permutation for all epochs is a fixed order."
    return Hypothesis("shuffling", text, Status.ASSUMED, reason)


def published_extension(parts: tuple[str, ...]) -> Hypothesis:
    """What goes beyond the published Theorem B."""
    text = f"Theorem B holds for {' and '.join(parts)}."
    reason = "It is published for scalar outputs, batches of one and no momentum; the sign of the exponent is proved."
    return Hypothesis("extension", text, Status.ASSUMED, reason)


def regular_minimum(status: Status, reason: str) -> Hypothesis:
    """Regularity in the sense of Definition 2.2 of the paper of Theorem B."""
    text = "The minimum is regular: eta K_ii is neither 1 nor 2 for any i, and the graph of K is connected."
    return Hypothesis("regular", text, status, reason)

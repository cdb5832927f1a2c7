"""Theorems that lead from a minimum and a step of training to a verdict."""

from certify.statements.template import theorem

_PAPER = (
    "D. Chemnitz and M. Engel, Characterizing dynamical stability of stochastic gradient descent in overparameterized "
    "learning"
)

_EPOCH_NEEDS = ("minimum.smooth", "minimum.H1-independent", "minimum.H2", "minimum.H3")

THEOREMS = (
    theorem(
        "sampling.theorem-B-epochs",
        f"Theorem B of {_PAPER}, for the epoch maps A_(S_m) ... A_(S_1), which independent permutations make "
        "independent and identically distributed: the exponent of a step is theirs divided by m.",
        *_EPOCH_NEEDS,
        "sampling.shuffling",
        "sampling.epochs",
    ),
    theorem(
        "sampling.theorem-B-both",
        f"Theorem B of {_PAPER}, for batches that are drawn independently in each step and, in the same way, for the "
        "maps of whole epochs, which independent permutations make independent and identically distributed.",
        *_EPOCH_NEEDS,
        "minimum.sampling",
        "minimum.regular",
        "minimum.extension",
        "sampling.shuffling",
        "sampling.epochs",
    ),
    theorem(
        "sampling.theorem-A-epoch",
        f"Theorem A of {_PAPER}, for the map of one epoch, which a fixed order repeats: the minimum is in the support "
        "of the limit law if the spectral radius of its Jacobian on the normal space is below one, and is not if it "
        "is above one.",
        *_EPOCH_NEEDS,
    ),
    theorem(
        "learning-rates.sign-epochs",
        f"The sign of the Lyapunov exponent of the linearised epochs, as in Theorems A and B of {_PAPER}: a negative "
        "one where no step expands the norm of K and an epoch contracts it, a positive one where the determinants of "
        "an epoch grow.",
        *_EPOCH_NEEDS,
        "sampling.shuffling",
    ),
    theorem(
        "optimizer.theorem-N",
        "Theorem N: if the derivative of a step at a manifold of fixed points has the eigenvalue 1 exactly as often as "
        "the manifold has dimensions and all others of modulus below one, every start near it converges geometrically "
        "to one of its points (B. Aulbach, Continuous and discrete dynamics near manifolds of equilibria, LNM 1058, "
        "1984); an eigenvalue of modulus above one makes the minimum unstable. Vanishing changes of the step, such as "
        "bias corrections, change nothing.",
        "minimum.H1-independent",
        "minimum.H1-strict",
        "symmetric-minimum.H1-orbit",
        "optimizer.rest",
        "optimizer.differentiable",
        "optimizer.slow",
    ),
    theorem(
        "optimizer.theorem-S",
        "Theorem S: near the minimum every step with a gradient that is not zero has at least a fixed length, so that "
        "orbits leave each small ball: the minimum is unstable at every constant rate, and the parameters hover around "
        "it at a distance of the order of the rate.",
        "minimum.H1-independent",
        "minimum.H1-strict",
        "symmetric-minimum.H1-orbit",
    ),
    theorem(
        "optimizer.theorem-S-first",
        "Theorem S: from parameters as near the minimum as one likes, with the memory at rest, one step moves "
        "parameters or memory by a length that does not shrink with the gradient, so that no small ball keeps the "
        "orbits: the minimum is unstable at every constant rate, and the parameters hover around it.",
        "minimum.H1-independent",
        "minimum.H1-strict",
        "symmetric-minimum.H1-orbit",
    ),
    theorem(
        "optimizer.theorem-any-order",
        "No batch expands a norm on parameters and memory under the linearised step, and an epoch in any order "
        "contracts it (docs/theory/momentum-any-order.md): every start near the minimum, with the memory near rest, "
        "converges to a minimum; with independent batches with a probability as near to one as the start is near.",
        "minimum.H1-independent",
        "optimizer.rest",
        "optimizer.differentiable",
        "minimum.sampling",
        "sampling.shuffling",
    ),
    theorem(
        "optimizer.theorem-A",
        "Averages with vanishing weights whose sum is infinite: where gradient descent with the rate of the gradient "
        "in the parameters contracts across the minima, every start near the minimum stays near it and converges to a "
        "minimum, as slowly as the weights allow (docs/theory/averages.md); an eigenvalue of modulus above one makes "
        "it unstable.",
        "minimum.H1-independent",
        "minimum.H1-strict",
        "symmetric-minimum.H1-orbit",
        "optimizer.rest",
        "optimizer.differentiable",
    ),
    theorem(
        "optimizer.theorem-stop",
        "Near the minimum the optimiser's step is exactly zero: every point there is a point of rest, and orbits that "
        "start near the minimum stay near it. They do not converge: the optimiser stops where it is.",
        "minimum.H1-independent",
        "minimum.H1-strict",
        "symmetric-minimum.H1-orbit",
        "optimizer.rest",
    ),
    theorem(
        "strict-minimum.indirect",
        "An isolated fixed point of the step is asymptotically stable if the spectral radius of its derivative there "
        "is below one, and unstable if it is above one (Lyapunov's indirect method for maps).",
        "minimum.smooth",
        "minimum.H1-strict",
        "strict-minimum.field",
    ),
)

"""The exponent of shuffled epochs, estimated: long products of the steps of fresh permutations."""

import numpy as np

from foundation import InputError

# Directions settle over this share of the run, which is left out.
_SETTLING = 0.25


def shuffled_exponent(
    kernel: np.ndarray,
    learning_rate: float,
    batch_size: int,
    *,
    seed: int,
    outputs: int = 1,
    steps: int = 20_000,
    chains: int = 16,
) -> tuple[float, float]:
    """(exponent, standard error), nats a step, of A_S = I - (eta/B) E_S K over epochs of fresh permutations: estimates.

    kernel (N q, N q), the q rows of an example adjacent; batch_size divides N. Each chain is a vector that runs through
    about `steps` steps of its own epochs; the last three quarters count, from the end of an epoch to that of another.
    Minus infinity where a product sends a vector to zero. Raises `InputError` where the batches do not fill an epoch.
    """
    examples = len(kernel) // outputs
    if examples % batch_size:
        raise InputError(f"batches of {batch_size} do not fill an epoch of {examples} examples")
    per_epoch = examples // batch_size
    epochs = max(8, steps // per_epoch)
    first = int(_SETTLING * epochs)
    generator = np.random.default_rng(seed)
    vectors, totals = generator.normal(size=(chains, len(kernel))), np.zeros(chains)
    rows = np.arange(len(kernel)).reshape(examples, outputs)
    step, chosen_chain = learning_rate / batch_size, np.arange(chains)[:, None]
    for epoch in range(epochs):
        orders = generator.permuted(np.tile(np.arange(examples), (chains, 1)), axis=1)
        for start in range(0, examples, batch_size):
            places = rows[orders[:, start : start + batch_size]].reshape(chains, -1)
            seen = np.einsum("cpn,cn->cp", kernel[places], vectors)
            vectors[chosen_chain, places] -= step * seen
            norms = np.linalg.norm(vectors, axis=1)
            if not norms.all():  # a chain has met the minimum exactly
                return -np.inf, 0.0
            vectors /= norms[:, None]
            totals += np.log(norms) if epoch >= first else 0.0
    means = totals / ((epochs - first) * per_epoch)
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(chains))

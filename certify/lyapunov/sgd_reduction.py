"""SGD whose Gram matrix splits: examples without a chain of non-zero K_ij between them do not feel one another."""

from typing import Any

import numpy as np
from flint import fmpq_mat

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.family import Witness
from certify.lyapunov.reduction import block_exponents
from certify.lyapunov.sgd_family import SGDFamily, example_graph
from certify.lyapunov.stopping_words import per_step


def admits(family: Any) -> str | None:
    """None for batches of one and a Gram matrix that is block diagonal up to the order of the examples."""
    if not isinstance(family, SGDFamily):
        return "the family is not given by a Gram matrix"
    if family.batch_size > 1:
        return "batches couple the blocks of the Gram matrix"
    return None if len(_components(family)) > 1 else "the Gram matrix does not split into blocks"


def prove(family: SGDFamily, witness: Witness) -> Enclosure:
    """lambda = max over the blocks C of (|C| / N) lambda_C, nats per step.

    The matrices are block diagonal; an example outside C leaves the block C alone, so the block is moved in a fraction
    |C| / N of the steps, each time by an independent uniform member of its own SGD family.
    """
    blocks = diagonal_blocks(family)
    scaled = []
    for block, own in zip(blocks, block_exponents(blocks, witness["blocks"]), strict=True):
        steps = Ball.exact(float(family.examples)) / float(block.examples)
        scaled.append((per_step(own.lower, steps, lower=True), per_step(own.upper, steps, lower=False)))
    return Enclosure(max(low for low, _ in scaled), max(high for _, high in scaled))


def _components(family: SGDFamily) -> list[list[int]]:
    import networkx

    graph = example_graph(family, family.gram.magnitude)
    return sorted(sorted(component) for component in networkx.connected_components(graph))


def diagonal_blocks(family: SGDFamily) -> list[SGDFamily]:
    return [_restricted(family, component) for component in _components(family)]


def _restricted(family: SGDFamily, component: list[int]) -> SGDFamily:
    q = family.outputs
    rows = np.concatenate([np.arange(i * q, (i + 1) * q) for i in component])
    exact = family.exact
    if exact is not None:
        table = exact[0].tolist()
        exact = (fmpq_mat([[table[i][j] for j in rows] for i in rows]), exact[1])
    return SGDFamily(family.gram[np.ix_(rows, rows)], family.learning_rate, 1, q, exact)

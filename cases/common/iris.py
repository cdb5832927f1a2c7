"""The Iris data split for training, the network on it, and the parameters that its cases share."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from cases.common.parameters import whole_number
from certify.trajectories.network import ExactNetwork
from foundation.optional_packages import needed
from numeric.trajectories import SoftmaxNetwork

PAPER = (
    "Danovski, Soriano, Lacasa, Dynamical stability and chaos in artificial neural network trajectories along training"
)
CLASSES = 3
_FLOWERS = 150

NETWORK_READERS = {
    "hidden": whole_number(1, 64),
    "training": whole_number(3, _FLOWERS),
    "split": whole_number(0, 2**31),
}


@final
@dataclass(frozen=True, eq=False)
class IrisNetwork:
    """A network on the training flowers (raw measurements in centimetres), and the flowers left for testing."""

    network: SoftmaxNetwork
    test_inputs: np.ndarray
    test_labels: np.ndarray

    @property
    def exact(self) -> ExactNetwork:
        """The same network for proofs."""
        plain = self.network
        return ExactNetwork(plain.inputs, plain.labels, plain.hidden, plain.classes)

    @property
    def shape(self) -> str:
        """Inputs, hidden units, classes."""
        return f"{self.network.inputs.shape[1]}-{self.network.hidden}-{self.network.classes}"


def iris_network(values: Mapping[str, Any]) -> IrisNetwork:
    """The network of a case's parameters `hidden`, `training`, `split`."""
    return _network(values["hidden"], values["training"], values["split"])


@functools.lru_cache(maxsize=4)
def _network(hidden: int, training: int, split: int) -> IrisNetwork:
    inputs, labels = needed("sklearn.datasets", "cases").load_iris(return_X_y=True)
    order = np.random.default_rng(split).permutation(len(labels))
    chosen, rest = order[:training], order[training:]
    return IrisNetwork(SoftmaxNetwork(inputs[chosen], labels[chosen], hidden, CLASSES), inputs[rest], labels[rest])

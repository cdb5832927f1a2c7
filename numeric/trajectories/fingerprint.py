"""One short text per network, so that stored results are not mistaken for those of another one."""

import hashlib

import numpy as np

from numeric.trajectories.network import SoftmaxNetwork


def fingerprint(network: SoftmaxNetwork) -> str:
    """SHA-256 (hexadecimal) of the data and sizes."""
    digest = hashlib.sha256(f"{network.inputs.shape} {network.hidden} {network.classes} ".encode())
    digest.update(np.ascontiguousarray(network.inputs).astype("<f8").tobytes())
    digest.update(np.ascontiguousarray(network.labels).astype("<i8").tobytes())
    return digest.hexdigest()

"""The sharpness of a loss at given parameters: the extreme eigenvalues of its Hessian."""

from certify.sharpness.prove import prove_sharpness
from certify.sharpness.statement import LARGEST_MATRIX

__all__ = ["LARGEST_MATRIX", "prove_sharpness"]

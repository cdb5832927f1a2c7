"""How a data loader draws its batches, and what that does to the stability of SGD."""

from certify.training.sampling.epochs import Epochs, epochs
from certify.training.sampling.scheme import BOTH, FIXED, IID, SHUFFLED, sampling_of

__all__ = ["BOTH", "FIXED", "IID", "SHUFFLED", "Epochs", "epochs", "sampling_of"]

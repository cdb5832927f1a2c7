"""No locked state: a set of oscillators whose excess of frequency the coupling across its boundary cannot carry."""

import numpy as np

from certify.enclosure import Enclosure
from certify.kuramoto.network import PhaseNetwork


def cut_excess(network: PhaseNetwork, inside: np.ndarray) -> Enclosure:
    """|sum of omega_i - mean(omega) over the set| less the sum of |K a_ij| across its boundary; inside: (n,) bool.

    Above 0 there is no locked state: in one, the velocities of the set sum to zero in the rotating frame, and
    |sin| <= 1 [F. Doerfler, F. Bullo, Automatica 50 (2014), section 4].
    """
    across = inside[network.tails] != inside[network.heads]
    excess = abs(network.centred_frequencies[inside].sum())
    return (excess - abs(network.strengths[across]).sum()).enclosure()

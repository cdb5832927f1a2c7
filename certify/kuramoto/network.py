"""The data of a network of phase oscillators, exact or in balls, as a certificate holds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from certify.arithmetic import Ball, sin
from certify.arithmetic.ball import _checked
from certify.arithmetic.rational import rational_ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma, inflate, inflate_products
from foundation import CertificateError

# Frequencies and strengths outside of these bounds would overflow in products, or drown in underflow.
LARGEST, SMALLEST = 2.0**300, 2.0**-300


@final
@dataclass(frozen=True, eq=False)
class PhaseNetwork:
    """theta_i' = omega_i + coupling * sum_j a_ij sin(theta_j - theta_i), a connected undirected graph of n nodes.

    tails < heads: (m,) int64 ends of the edges, no two of them the same. weights: a_ij, Ball (m,). frequencies: omega,
    Ball (n,). coupling: exact. Balls stand for all values in them: what is proved holds for each choice.
    """

    tails: np.ndarray
    heads: np.ndarray
    weights: Ball
    frequencies: Ball
    coupling: Fraction

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "PhaseNetwork":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        parts = [problem.get(name) for name in ("tails", "heads", "weights", "frequencies", "coupling")]
        network = PhaseNetwork(*parts)  # type: ignore[arg-type]
        require(isinstance(network.coupling, Fraction) and network.coupling != 0, "a malformed coupling")
        for ball, what in ((network.weights, "weights"), (network.frequencies, "frequencies")):
            require(
                isinstance(ball, Ball) and ball.ndim == 1 and bool(np.isfinite(ball.rad).all()), f"malformed {what}"
            )
        require(_at_most(network.frequencies, LARGEST), "frequencies beyond the range")
        require(_at_most(network.weights, LARGEST), "weights beyond the range")
        require(bool((np.abs(network.weights.mid) >= SMALLEST).all()), "weights below the range")
        require(SMALLEST <= abs(network.coupling) <= LARGEST, "a coupling beyond the range")
        require(_are_edges(network), "malformed edges")
        require(network.components == 1, "a graph that is not connected")
        return network

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {
            "tails": self.tails,
            "heads": self.heads,
            "weights": self.weights,
            "frequencies": self.frequencies,
            "coupling": self.coupling,
        }

    @property
    def nodes(self) -> int:
        """n."""
        return len(self.frequencies)

    @property
    def components(self) -> int:
        """The number of connected components."""
        pattern = csr_array((np.ones(len(self.tails)), (self.tails, self.heads)), shape=(self.nodes, self.nodes))
        return int(connected_components(pattern, directed=False, return_labels=False))

    @cached_property
    def strengths(self) -> Ball:
        """coupling * a_ij, (m,)."""
        return self.weights * rational_ball(self.coupling)

    @cached_property
    def mean_frequency(self) -> Fraction:
        """The exact mean of the midpoints of the frequencies."""
        whole, shift = _integers(self.frequencies.mid)
        return Fraction(sum(whole), self.nodes << shift)

    @cached_property
    def centred_frequencies(self) -> Ball:
        """omega_i - mean(omega), rounded once; (n,)."""
        whole, shift = _integers(self.frequencies.mid)
        total, count = sum(whole), self.nodes
        divisor = count << shift
        # quotients of Python's integers are correctly rounded; twice that error is allowed for
        mid = np.array([(count * w - total) / divisor for w in whole])
        rad = np.abs(mid) * (2 * UNIT_ROUNDOFF) + SMALLEST_SUBNORMAL
        if not self.frequencies.is_exact:
            spread = self.frequencies.rad
            rad = inflate_products(rad + spread + spread.sum() / count, count + 6)
        return Ball(mid, rad)

    @property
    def velocity(self) -> Ball:
        """The common velocity of a locked state: the mean frequency."""
        middle = rational_ball(self.mean_frequency)
        spread = self.frequencies.rad
        return middle.widened(inflate_products(spread.sum() / self.nodes, self.nodes + 4) if spread.any() else 0.0)

    def differences(self, phases: np.ndarray) -> Ball:
        """theta_head - theta_tail along the edges, for exact phases; (m,)."""
        exact = Ball.exact(phases)
        return exact[self.heads] - exact[self.tails]

    def residual(self, differences: Ball) -> Ball:
        """omega_i - mean(omega) + sum_j K a_ij sin(theta_j - theta_i), (n,); the exact values sum to zero."""
        flow = self.strengths * sin(differences)
        return self.centred_frequencies + self.divergence(flow)

    def divergence(self, flow: Ball) -> Ball:
        """What flows (m,) from heads to tails bring to each node, (n,)."""
        longest = int(np.diff(self._incidence.indptr).max()) + 1
        size = self._sizes @ np.abs(flow.mid)
        rad = gamma(longest) * size + self._sizes @ np.asarray(flow.rad)
        return _checked(self._incidence @ flow.mid, inflate_products(rad, longest + 3))

    def strength_sums(self, values: np.ndarray) -> np.ndarray:
        """Upper bounds of the sums over the edges at each node of values >= 0 (m,)."""
        longest = int(np.diff(self._incidence.indptr).max()) + 1
        return np.asarray(inflate(self._sizes @ values, longest))

    @cached_property
    def _incidence(self) -> csr_array:
        edges = np.arange(len(self.tails))
        ones = np.ones(len(edges))
        data, rows = np.concatenate([ones, -ones]), np.concatenate([self.tails, self.heads])
        return csr_array((data, (rows, np.concatenate([edges, edges]))), shape=(self.nodes, len(edges)))

    @cached_property
    def _sizes(self) -> csr_array:
        return csr_array(abs(self._incidence))


def _integers(values: np.ndarray) -> tuple[list[int], int]:
    """Whole numbers w and s >= 0 with values = w / 2^s, exactly."""
    mantissas, exponents = np.frexp(values)
    whole = (mantissas * 2.0**53).astype(np.int64).tolist()
    smallest = int(exponents.min(initial=0))
    shifted = [w << e for w, e in zip(whole, (exponents - smallest).tolist(), strict=True)]
    return shifted, 53 - smallest


def _at_most(ball: Ball, largest: float) -> bool:
    return bool((np.abs(ball.mid) <= largest).all() and (ball.rad <= largest).all())


def _are_edges(network: PhaseNetwork) -> bool:
    tails, heads, n = network.tails, network.heads, network.nodes
    if not all(isinstance(a, np.ndarray) and a.dtype == np.int64 and a.ndim == 1 for a in (tails, heads)):
        return False
    if not (len(tails) == len(heads) == len(network.weights) > 0 and n >= 2):
        return False
    if not bool((tails >= 0).all() and (tails < heads).all() and (heads < n).all()):
        return False
    # the spanning tree looks an edge up by its ends
    return len(np.unique(tails * n + heads)) == len(tails)


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the certificate of a locked state has {what}")

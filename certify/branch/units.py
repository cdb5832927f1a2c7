"""Units of powers of two in which the extended systems of bifurcation points have unknowns of moderate size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.branch.problem import BranchProblem
from certify.program.rescale import rescaled
from foundation import CertificateError

# of an exponent: the squares of units stay normal floats
LARGEST = 400


@final
@dataclass(frozen=True)
class Units:
    """x = 2^e x', p = 2^e p' and, for a flow, t = 2^c t'. exponents: e of the n variables and of p, then c."""

    exponents: tuple[int, ...]

    @staticmethod
    def from_entry(entry: Mapping[str, Any], problem: BranchProblem) -> "Units":
        """Read from a witness; all 1 where it has none. Raises `CertificateError` when they do not fit."""
        found, size = entry.get("units"), problem.dimension + 2
        if found is None:
            return Units((0,) * size)
        fits = isinstance(found, np.ndarray) and found.dtype == np.int64 and found.shape == (size,)
        if not fits or not ((found >= -LARGEST) & (found <= LARGEST)).all():
            raise CertificateError("a point of the certificate's branch has malformed units")
        if problem.invariant is not None or (problem.is_map and found[-1] != 0):
            raise CertificateError("a point of the certificate's branch has units that its problem cannot have")
        return Units(tuple(int(e) for e in found))

    def applied(self, problem: BranchProblem) -> BranchProblem:
        """The same problem for x' and p': dx'/dt' = 2^(c - e) f(2^e (x', p')), or x' -> 2^-e f(2^e (x', p'))."""
        if not any(self.exponents):
            return problem
        *inner, time = self.exponents
        field = rescaled(problem.field, inner, [time - e for e in inner[:-1]])
        return BranchProblem(field, problem.kind, problem.lower, problem.upper)

    @property
    def variables(self) -> np.ndarray:
        """2^e of x and p, (n + 1,)."""
        return np.ldexp(1.0, np.array(self.exponents[:-1]))

    @property
    def parameter(self) -> float:
        return float(self.variables[-1])

    @property
    def rate(self) -> float:
        """2^-c: eigenvalues of the field are this times those of the scaled one."""
        return float(np.ldexp(1.0, -self.exponents[-1]))

    def normalisation(self, vectors: Sequence[Ball]) -> Ball:
        """|v'|^2 / |v|^2 of vectors v = 2^e v': what makes a coefficient for |v'| = 1 one for |v| = 1."""
        scaled = [v * self.variables[:-1] for v in vectors]
        return _squares(vectors) / _squares(scaled)


def _squares(vectors: Sequence[Ball]) -> Ball:
    total = vectors[0] @ vectors[0]
    for v in vectors[1:]:
        total = total + v @ v
    return total

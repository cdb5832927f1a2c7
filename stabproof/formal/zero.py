"""An exact zero of polynomials in a cube: what the contraction that proves it needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import final

import flint
import numpy as np

from certify.lyapunov.families.rationals import to_fmpq
from foundation import InputError
from stabproof.formal.polynomials import Polynomial, bounds, difference_quotients

# The theorem needs a factor below 1; at 3/4 the radius is at most four times the length of the first step.
_LARGEST_FACTOR = Fraction(3, 4)
# Bounds are proved again by the `interval` tactic, which may be a little wider than the bounds found here.
_SLACK = Fraction(5, 4)
_LEAST_ENTRY = Fraction(1, 2**60)
# The radius is looked for among the powers of two, from this part of the largest coordinate downwards.
_LARGEST_RADIUS, _SMALLEST_RADIUS = 12, 200
PRECISION = 256


@final
@dataclass(frozen=True)
class Zero:
    """h_i(base + spread z) = 0 for i = 1..n: n polynomials h in D variables, z in a cube around 0 in R^n.

    equations: polynomials in D variables. base: (D,). spread: (D, n). inverse: (n, n), nearly the inverse of the
    derivative in z at 0: any matrix will do whose proof succeeds.
    """

    equations: Sequence[Polynomial]
    base: Sequence[Fraction]
    spread: Sequence[Sequence[Fraction]]
    inverse: Sequence[Sequence[Fraction]]

    @property
    def count(self) -> int:
        """n."""
        return len(self.equations)

    @cached_property
    def quotients(self) -> list[list[Polynomial]]:
        """The step's difference quotients, polynomials in u and v."""
        return difference_quotients(self._step, self.count)

    @cached_property
    def radius(self) -> Fraction:
        """The half side of a cube on which the step is a contraction that stays inside: the largest one tried."""
        scale = max(map(abs, self.base)) or Fraction(1)
        unit = Fraction(2) ** (int(scale.numerator).bit_length() - int(scale.denominator).bit_length())
        origin = [(Fraction(0), Fraction(0))] * (2 * self.count)
        moved = max(max(map(abs, bounds(value, origin))) for value in self._step([0] * self.count))
        for halvings in range(_LARGEST_RADIUS, _SMALLEST_RADIUS):
            radius = unit / 2**halvings
            factor = self.factor_on(radius)
            if factor <= _LARGEST_FACTOR and _SLACK * moved <= (1 - factor) * radius:
                return radius
        raise InputError(
            "no cube around the certificate's point was found on which the contraction can be exported; "
            "polish the point and certify again"
        )

    def entries_on(self, radius: Fraction) -> list[list[Fraction]]:
        """Upper bounds of the moduli of the quotients over the cube of this radius."""
        cube = [(-radius, radius)] * (2 * self.count)
        return [[max(map(abs, bounds(entry, cube))) * _SLACK + _LEAST_ENTRY for entry in row] for row in self.quotients]

    def factor_on(self, radius: Fraction) -> Fraction:
        """The contraction's factor in the maximum norm."""
        return max(sum(row, Fraction(0)) for row in self.entries_on(radius))

    def _step(self, ends: Sequence[int]) -> list[Polynomial]:
        """z - inverse h(base + spread z), with z_j that of u (0) or of v (1)."""
        n = self.count
        names = [f"u{i}" for i in range(n)] + [f"v{i}" for i in range(n)]
        context = flint.fmpq_mpoly_ctx.get(tuple(names), "lex")
        z = [context.gen(j + n * end) for j, end in enumerate(ends)]
        point = [
            context.constant(to_fmpq(b))
            + sum((to_fmpq(g) * x for g, x in zip(row, z, strict=True)), context.constant(0))
            for b, row in zip(self.base, self.spread, strict=True)
        ]
        values = [h.compose(*point, ctx=context) for h in self.equations]
        return [
            z[i] - sum((to_fmpq(a) * value for a, value in zip(row, values, strict=True)), context.constant(0))
            for i, row in enumerate(self.inverse)
        ]


def nearly_inverse(matrix: np.ndarray) -> list[list[Fraction]]:
    """A matrix of short dyadic numbers near the inverse; raises `InputError` when it is numerically singular."""
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        raise InputError(
            "the derivative at the certificate's point is numerically singular: nothing to export"
        ) from None
    return [[short(value) for value in row] for row in inverse]


def short(value: float) -> Fraction:
    """A neighbour with 24 significant bits: enough for a contraction, and short to read."""
    mantissa, exponent = np.frexp(value)
    return Fraction(round(float(mantissa) * 2**24)) * Fraction(2) ** (int(exponent) - 24)

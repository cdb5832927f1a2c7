"""A minimum at a point with more digits than a float has, its residual and Jacobian in Arb balls.

Deep networks, recurrences and attention lose too many digits in float64 balls: the bound of the residual at a float
point, and with it the box in which the Jacobian has to be enclosed, is then too wide for a contraction. Here the point
is the unevaluated sum x + t_1 + ... + t_k of float vectors, as Newton's method in Arb leaves it, so that its residual
is as small as anybody wants; the Jacobian is enclosed once, over a cube around the sum that is as narrow as the
residual allows, and a depth that widens it by 1e20 does no harm. What follows (contraction, spectra) is float64 again,
in coordinates whose origin is that point.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.minimum.statement import MinimumStatement
from certify.program import evaluate, jacobian
from certify.program.arb import to_arb, to_ball
from certify.program.program import Program
from certify.program.regularity import analytic_on
from certify.program.ties import merged_ties
from foundation import CertificateError
from foundation.arb_precision import arb_precision

MOST_BITS, MOST_TERMS = 1024, 8


@final
@dataclass(frozen=True, eq=False)
class Extended:
    """statement: the problem at the float point x (D,). terms: t_1 ... t_k, shape (k, D). bits: of the Arb balls.

    reach: half the side of the cube around x + t_1 + ... + t_k in which the Jacobian is enclosed, once and for all.
    jacobian_in_arb: False leaves the Jacobian to float64 balls, for networks that are too large for more.
    merge: whether entries that are one function of the parameters, as on a constant background, count once in maxima.
    """

    statement: MinimumStatement
    terms: np.ndarray
    bits: int
    reach: float
    jacobian_in_arb: bool
    merge: bool

    @staticmethod
    def from_tree(statement: MinimumStatement, stored: Any) -> "Extended":
        """Read the witness's part `extended`; raises `CertificateError` where it is malformed."""
        if not isinstance(stored, Mapping):
            raise CertificateError("the witness's part 'extended' is not readable")
        terms, bits, reach = (stored.get(name) for name in ("terms", "bits", "reach"))
        flags = [stored.get(name) for name in ("jacobian_in_arb", "merge")]
        good = (
            isinstance(terms, np.ndarray)
            and terms.dtype == np.float64
            and terms.ndim == 2
            and len(terms) <= MOST_TERMS
            and terms.shape[1] == statement.dimension
            and bool(np.isfinite(terms).all())
            and type(bits) is int
            and 53 <= bits <= MOST_BITS
            and isinstance(reach, float)
            and 0 < reach < np.inf
            and all(isinstance(flag, bool) for flag in flags)
        )
        if not good:
            raise CertificateError("the witness's part 'extended' does not fit the problem")
        return Extended(statement, terms, bits, reach, *flags)  # type: ignore[arg-type]

    @cached_property
    def point(self) -> np.ndarray:
        """The sum x + t_1 + ... + t_k as Arb balls, (D,)."""
        with arb_precision(self.bits):
            total = to_arb(Ball.exact(self.statement.params))
            for term in self.terms:
                total = total + to_arb(Ball.exact(term))
            return np.asarray(total, dtype=object)

    @cached_property
    def cube(self) -> np.ndarray:
        """The cube around the point, (D,)."""
        with arb_precision(self.bits):
            return np.asarray(self.point + flint.arb(0, self.reach), dtype=object)

    @cached_property
    def moved(self) -> Ball:
        """x + t_1 + ... + t_k - x, as float64 balls (D,)."""
        with arb_precision(self.bits):
            return to_ball(np.asarray(self.point - to_arb(Ball.exact(self.statement.params)), dtype=object))

    @cached_property
    def _network(self) -> tuple[Program, list[Any], list[bool]]:
        """The network, its arguments behind the parameters, and which arguments are one an example."""
        data = [Ball.exact(self.statement.cases)]
        if not self.merge:
            return self.statement.predict, data, [False, True]
        program, marks = merged_ties(self.statement.predict, self.cube, self.statement.cases, self.bits)
        return program, [*data, *marks], [False, True, *(True for _ in marks)]

    def residual(self) -> Ball:
        """predict(point, x_i) - y_i, shape (N q,)."""
        statement = self.statement
        program, data, batch = self._network
        (output,) = evaluate(program, [self.point, *data], batch=batch, precision=self.bits)
        if statement.anchored is not None:
            return statement.anchored.of(to_ball(output)).reshape(-1)
        with arb_precision(self.bits):
            gap = output.reshape(statement.targets.shape) - to_arb(Ball.exact(statement.targets))
            return to_ball(np.asarray(gap, dtype=object)).reshape(-1)

    def jacobian(self, deviation: Ball) -> Ball:
        """Derivative of the residual, (N q, D), wherever the point is moved by no more than the ball `deviation`."""
        if self.jacobian_in_arb and bool((deviation.magnitude < self.reach).all()):
            return self._over_cube
        return self.statement.jacobian(Ball.exact(self.statement.params) + self.moved + deviation)

    @cached_property
    def _over_cube(self) -> Ball:
        statement = self.statement
        program, data, batch = self._network
        rows = to_ball(jacobian(program, [self.cube, *data], wrt=0, batch=batch, precision=self.bits))
        if statement.anchored is not None:
            rows = statement.anchored.derivative(rows.reshape((statement.examples, -1, statement.dimension)))
        return rows.reshape((statement.residuals, statement.dimension))

    def roughness(self) -> str:
        """What stands against the network being real-analytic around the cube, for all examples; or ""."""
        if self.statement.regularity.everywhere:
            return ""
        program, data, batch = self._network
        return analytic_on(program, [self.cube, *data], (0,), batch=batch, precision=self.bits).obstacle

    @property
    def arithmetic(self) -> str:
        """What was used, a name in the closed list of `certify.statements.minimum`."""
        if not self.jacobian_in_arb:
            return "residual"
        return "merged" if self.merge else "all"

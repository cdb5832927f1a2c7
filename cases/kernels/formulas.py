"""F, K, the loss and the velocities of (2.1) from averages of monomials times exponentials, in any number system."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

Vector = Sequence[Any]
Moment = Callable[[Vector, tuple[int, ...], Any], Any]


@final
@dataclass(frozen=True)
class Network:
    """n particles of charge c_i at y_i, and the target f(x) = sum_k p_k x_1^k.

    The unit is exp(rate x . y) damped by exp(-decay (|x|^2 + |y|^2)/2): decay = rate = kappa is the Gaussian of the
    distance, decay = 0 the exponential on the sphere. `moment(b, powers, decay)` averages
    x^powers exp(b . x - decay |x|^2/2); `exp` is the exponential of the number system.
    """

    charges: Vector
    positions: Sequence[Vector]
    target: Vector
    rate: Any
    decay: Any
    moment: Moment
    exp: Callable[[Any], Any]

    @property
    def dimension(self) -> int:
        return len(self.positions[0])

    def force(self, y: Vector) -> Any:
        """F(y)."""
        return self._damping(y) * self._weighted(y, {})

    def force_slope(self, y: Vector, axis: int) -> Any:
        """The derivative of F by y_axis: exp(rate x . y) brings the factor rate x_axis, the damping -decay y_axis."""
        tilted = self.rate * self._weighted(y, {axis: 1}) - self.decay * y[axis] * self._weighted(y, {})
        return self._damping(y) * tilted

    def kernel(self, y: Vector, z: Vector) -> Any:
        """K(y, z)."""
        return self._damping(y) * self._damping(z) * self._pair(y, z, {})

    def kernel_slope(self, y: Vector, z: Vector, axis: int) -> Any:
        """The derivative of K(y, z) by y_axis."""
        tilted = self.rate * self._pair(y, z, {axis: 1}) - self.decay * y[axis] * self._pair(y, z, {})
        return self._damping(y) * self._damping(z) * tilted

    def constant(self) -> Any:
        """C_f, half the mean square of the target."""
        zero = [self.rate * 0] * self.dimension
        pairs = [(j, k) for j in range(len(self.target)) for k in range(len(self.target))]
        terms = [self.target[j] * self.target[k] * self.moment(zero, self._powers({0: j + k}), 0) for j, k in pairs]
        return sum(terms[1:], terms[0]) / 2

    def loss(self) -> Any:
        """(1.3)."""
        n = len(self.charges)
        linear = [c * self.force(y) for c, y in zip(self.charges, self.positions, strict=True)]
        pairs = [(i, j) for i in range(n) for j in range(n)]
        quadratic = [
            self.charges[i] * self.charges[j] * self.kernel(self.positions[i], self.positions[j]) for i, j in pairs
        ]
        return self.constant() - sum(linear[1:], linear[0]) / n + sum(quadratic[1:], quadratic[0]) / (2 * n * n)

    def charge_velocity(self, i: int) -> Any:
        """The second line of (2.1)."""
        y = self.positions[i]
        pull = [c * self.kernel(y, z) for c, z in zip(self.charges, self.positions, strict=True)]
        return self.force(y) - sum(pull[1:], pull[0]) / len(self.charges)

    def position_velocity(self, i: int, axis: int) -> Any:
        """Component `axis` of the first line of (2.1); positions move freely in R^d."""
        y = self.positions[i]
        pull = [c * self.kernel_slope(y, z, axis) for c, z in zip(self.charges, self.positions, strict=True)]
        return self.charges[i] * (self.force_slope(y, axis) - sum(pull[1:], pull[0]) / len(self.charges))

    def _weighted(self, y: Vector, extra: dict[int, int]) -> Any:
        tilt = [self.rate * entry for entry in y]
        terms = [p * self.moment(tilt, self._powers({0: k}, extra), self.decay) for k, p in enumerate(self.target)]
        return sum(terms[1:], terms[0])

    def _pair(self, y: Vector, z: Vector, extra: dict[int, int]) -> Any:
        tilt = [self.rate * (a + b) for a, b in zip(y, z, strict=True)]
        return self.moment(tilt, self._powers(extra), 2 * self.decay)

    def _damping(self, y: Vector) -> Any:
        squares = [entry * entry for entry in y]
        return self.exp(-self.decay * sum(squares[1:], squares[0]) / 2)

    def _powers(self, *parts: dict[int, int]) -> tuple[int, ...]:
        return tuple(sum(part.get(axis, 0) for part in parts) for axis in range(self.dimension))

"""What a program was compared with when it was traced, and what the reader of a certificate should know of it."""

from dataclasses import dataclass
from typing import Any, final


@final
@dataclass(frozen=True)
class TraceRecord:
    """`points`: how many points the program's value was compared at with JAX's own; `skipped`: why others were not;
    `difference`: the largest difference, relative to the largest entry of the result; `rounding`: at how many points a
    larger difference was JAX's own rounding, equation by equation; `wraps`: integer constants that wrapped around.
    """

    jax: str
    points: int = 0
    rounding: int = 0
    difference: float = 0.0
    skipped: tuple[str, ...] = ()
    wraps: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Plain values, for a certificate."""
        return {
            "jax": self.jax,
            "points compared": self.points,
            "points with rounding": self.rounding,
            "largest relative difference": self.difference,
            "points not compared": list(self.skipped),
            "integers that wrapped": list(self.wraps),
        }

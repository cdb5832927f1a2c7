"""What a program was compared with when it was traced, and what the reader of a certificate should know of it."""

from dataclasses import dataclass
from typing import NamedTuple, final

# Why a point was not compared, where its own sentence does not say it.
NOT_FINITE, UNDECIDED = "JAX's value is not finite", "a comparison is undecided"


class Wrap(NamedTuple):
    """An operation on integer constants whose result wrapped around in its type, `times` times at one source line."""

    primitive: str
    dtype: str
    source: str
    times: int = 1

    def __str__(self) -> str:
        place = f" at {self.source}" if self.source else ""
        return f"`{self.primitive}` of {self.dtype} constants{place}" + (f" ({self.times} times)" * (self.times > 1))


@final
@dataclass(frozen=True)
class TraceRecord:
    """`points`: how many points the program's value was compared at with JAX's own; `skipped`: why others were not;
    `difference`: the largest difference, relative to the largest entry of the result; `rounding`: at how many points a
    larger difference was JAX's own rounding, equation by equation; `wraps`: integer constants that wrapped around;
    `shifts`: where a softmax or log-sum-exp subtracts nothing or something else than its largest entry, which cancels
    in real numbers and is left out of the program.
    """

    jax: str
    points: int = 0
    rounding: int = 0
    difference: float = 0.0
    skipped: tuple[str, ...] = ()
    wraps: tuple[Wrap, ...] = ()
    shifts: tuple[str, ...] = ()

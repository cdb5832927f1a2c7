"""Large systems in floating point: JAX in, arrays out; every result is an estimate."""

from typing import TYPE_CHECKING

from numeric import __all__, __getattr__  # type: ignore[attr-defined]  # noqa: F401

if TYPE_CHECKING:
    from numeric import *  # noqa: F403

"""Large systems in floating point: JAX in, arrays out; every result is an estimate."""

from numeric import *  # noqa: F403
from numeric import __all__  # noqa: F401

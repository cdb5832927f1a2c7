"""stabproof proves dynamical statements about learning systems."""

from stabproof.public import __all__, __dir__, __getattr__  # noqa: F401

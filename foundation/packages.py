"""Modules by name: the folders stand side by side in the repository, and inside `stabproof` in an installed wheel."""

import importlib
from types import ModuleType

_OWN_NAME = "foundation.packages"
_ROOT = __name__.removesuffix(_OWN_NAME)  # "" in the repository, "stabproof." in a wheel


def load(name: str) -> ModuleType:
    """The module that is called `name` in the repository, such as "certify.minimum" or "stabproof.minimum"."""
    return importlib.import_module(name if name.partition(".")[0] == "stabproof" else _ROOT + name)

"""Names of a package whose modules are loaded when they are first used, so that a check loads what it needs alone."""

import importlib
import sys
from collections.abc import Callable, Mapping
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """The `__getattr__` of a package: homes says in which of its modules each name is.

    No name may be that of a module of the package: an import of the module would take its place.
    """

    def __getattr__(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(importlib.import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, found)  # the next time it is there at once
        return found

    return __getattr__

"""Packages that extras bring, imported when they are needed."""

import importlib
from types import ModuleType

from foundation.errors import InputError


def needed(package: str, extra: str) -> ModuleType:
    """The imported package; raises `InputError` that names the extra when it is not installed."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        raise absent(error, package, extra) from error
    except Exception as error:  # a broken installation raises anything while it is imported
        raise InputError(f"{package} is installed but does not import: {type(error).__name__}: {error}") from error


def absent(error: ModuleNotFoundError, package: str, extra: str) -> InputError:
    """What to raise when importing `package` found a module missing: the package itself, or what it imports."""
    if error.name is None or error.name.partition(".")[0] != package.partition(".")[0]:
        return InputError(f"{package} is installed but does not import: {error}")
    return InputError(f"{package} is not installed; `pip install stabproof[{extra}]` brings it")

"""Packages that only a front door needs, imported when the door is used."""

import importlib
from types import ModuleType

from foundation import InputError


def needed(package: str, extra: str) -> ModuleType:
    """The imported package; raises `InputError` that names the extra when it is not installed."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package.partition(".")[0]:
            raise InputError(f"{package} is installed but does not import: {error}") from error
        raise InputError(
            f"{package} is not installed; `pip install stabproof[{extra}]` brings what this door needs"
        ) from None
    except Exception as error:  # a broken installation raises anything while it is imported
        raise InputError(f"{package} is installed but does not import: {type(error).__name__}: {error}") from error

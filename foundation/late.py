"""The names of `foundation` that cheap commands do without, imported when they are first used."""

import importlib
import sys
from typing import Any

_HOMES = {
    **dict.fromkeys(("exact_bounds", "exact_number"), "exact_numbers"),
    **dict.fromkeys(("plain_array", "real_array"), "real_arrays"),
    **dict.fromkeys(("exact_number_in", "exact_positive_number", "finite_array", "number_in"), "inputs"),
    **dict.fromkeys(("Shown", "Summary", "more"), "shown"),
    **dict.fromkeys(("positive_integer", "positive_number", "square_matrix"), "inputs"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__package__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__package__}.{_HOMES[name]}"), name)
    setattr(sys.modules[str(__package__)], name, found)  # the next time it is there at once
    return found

"""The marker `stabproof(budget=seconds, total=seconds)` of a test."""

import math
from typing import Any

MARKER = (
    "stabproof(budget=seconds, total=seconds): the seconds that the search for each proof in this test may take, and "
    "those for all of them"
)


def marked_budget(item: Any) -> tuple[float | None, float | None, str]:
    """Budget and total of the test's closest marker (None: unmarked), and what is wrong with it ("": nothing)."""
    marker = item.get_closest_marker("stabproof")
    if marker is None:
        return None, None, ""
    if marker.args or not marker.kwargs or not set(marker.kwargs) <= {"budget", "total"}:
        shown = ", ".join([*map(repr, marker.args), *(f"{key}={value!r}" for key, value in marker.kwargs.items())])
        return None, None, f"the marker must read stabproof(budget=seconds), but reads stabproof({shown})"
    for name, value in marker.kwargs.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not (0 < value < math.inf):
            return None, None, f"the marker's {name} must be a finite number of seconds above 0, but is {value!r}"
    budget, total = (marker.kwargs.get(name) for name in ("budget", "total"))
    return None if budget is None else float(budget), None if total is None else float(total), ""

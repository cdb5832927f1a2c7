"""The marker `stabproof(budget=seconds)` of a test."""

import math
from typing import Any

MARKER = "stabproof(budget=seconds): the seconds that the search for each proof in this test may take"


def marked_budget(item: Any) -> tuple[float | None, str]:
    """The budget of the test's closest marker (None: unmarked), and what is wrong with the marker ("": nothing)."""
    marker = item.get_closest_marker("stabproof")
    if marker is None:
        return None, ""
    if marker.args or set(marker.kwargs) != {"budget"}:
        shown = ", ".join([*map(repr, marker.args), *(f"{key}={value!r}" for key, value in marker.kwargs.items())])
        return None, f"the marker must read stabproof(budget=seconds), but reads stabproof({shown})"
    budget = marker.kwargs["budget"]
    if isinstance(budget, bool) or not isinstance(budget, int | float) or not (0 < budget < math.inf):
        return None, f"the marker's budget must be a finite number of seconds above 0, but is {budget!r}"
    return float(budget), ""

"""What a parameter of a sentence may be, whether a checker compares it, and how it is shown."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

from certify.enclosure import Enclosure


@final
@dataclass(frozen=True)
class Parameter:
    """`exact`: a checker must find the same value; others hang on rounding, and are found anew.

    `stored`: whether a file holds it. Free words from the depth of a proof are never stored: a checker finds its own.
    """

    description: str
    accepts: Callable[[Any], bool]
    show: Callable[[Any], Any] = lambda value: value
    exact: bool = True
    stored: bool = True


def _is_integer(value: Any) -> bool:
    return type(value) is int and abs(value) < 2**63


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _one_line(value: str) -> str:
    return " ".join(value.split())


INTEGER = Parameter("a whole number", _is_integer)
INTEGERS = Parameter(
    "a list of whole numbers",
    lambda value: isinstance(value, list) and all(map(_is_integer, value)),
    lambda value: ", ".join(map(str, value)),
)
NUMBER = Parameter("an exact float or rational", lambda value: isinstance(value, float | Fraction))
RATIONAL = Parameter("an exact rational", lambda value: isinstance(value, Fraction))
ESTIMATE = Parameter(
    "a float that hangs on rounding, found anew by a checker", lambda value: isinstance(value, float), exact=False
)
COUNTED = Parameter("a whole number that hangs on rounding, found anew by a checker", _is_integer, exact=False)
ENCLOSED = Parameter(
    "an enclosure that hangs on rounding, found anew by a checker",
    lambda value: isinstance(value, Enclosure),
    exact=False,
)
DETAIL = Parameter(
    "free words from the depth of the proof: not in the file, found anew by a checker",
    _is_text,
    _one_line,
    exact=False,
    stored=False,
)


def one_of(names: Mapping[str, str], exact: bool = True) -> Parameter:
    """A name from a closed list, with the words that it stands for."""
    known = dict(names)
    return Parameter(
        "one of " + ", ".join(f"`{name}`" for name in known),
        lambda value: isinstance(value, str) and value in known,
        known.__getitem__,
        exact,
    )


def several_of(names: Mapping[str, str], joint: str = ", ", nothing: str = "none") -> Parameter:
    """A list of different names from a closed list."""
    known = dict(names)
    return Parameter(
        "a list of some of " + ", ".join(f"`{name}`" for name in known),
        lambda value: (
            isinstance(value, list)
            and all(isinstance(name, str) and name in known for name in value)
            and len(set(value)) == len(value)
        ),
        lambda value: joint.join(known[name] for name in value) or nothing,
    )


def same(found: Any, stated: Any) -> bool:
    """Whether two exact values are equal, types included: 1 is not True, and 0.0 not -0.0."""
    if type(found) is not type(stated):
        return False
    if isinstance(found, list):
        return len(found) == len(stated) and all(map(same, found, stated))
    if isinstance(found, float):
        return found == stated and math.copysign(1.0, found) == math.copysign(1.0, stated)
    return bool(found == stated)

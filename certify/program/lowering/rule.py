"""What a lowering rule understands: the parameters of a JAX primitive and their admitted values.

A program is what JAX computes. A parameter that no rule declares, or a value that is not admitted, may change the
function, so it is refused by name; nothing is guessed.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np

from foundation import InputError

# (builder, operands, parameters) -> the results' references; a rule that opens a call gets the inliner first
Lowering: TypeAlias = Callable[..., Sequence[int]]


class Admitted(NamedTuple):
    """The values of one parameter that a rule understands."""

    holds: Callable[[Any], bool]
    words: str
    optional: bool = False
    "Whether the parameter may be missing (some versions of JAX do not have it)."


def only(*values: Any) -> Admitted:
    """One of these values, of the same type."""
    return Admitted(lambda x: any(x is v or (type(x) is type(v) and x == v) for v in values), _listed(values))


def named(*names: str) -> Admitted:
    """A member of an enumeration (or a primitive, or None) with one of these names; see `name_of`."""
    return Admitted(lambda x: name_of(x) in names, ", ".join(names))


def optional(admitted: Admitted) -> Admitted:
    """The same values, and the parameter may be missing."""
    return admitted._replace(optional=True)


def either(*choices: Admitted) -> Admitted:
    return Admitted(lambda x: any(c.holds(x) for c in choices), " or ".join(c.words for c in choices))


def name_of(value: Any) -> str:
    """The name of an enumeration's member or of a primitive, without what `str` does to it; "None" for None."""
    if value is None:
        return "None"
    if isinstance(value, enum.Enum):
        return value.name
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else repr(value)


def _is_precision(value: Any) -> bool:
    parts = value if isinstance(value, tuple) else (value,)
    return all(name_of(part) in ("None", "DEFAULT", "HIGH", "HIGHEST") for part in parts)


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values))


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_integers(value: Any) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_integer, value))


def _is_element_type(value: Any) -> bool:
    try:
        return np.dtype(value).name != "object"
    except TypeError:
        return False


def _is_nested_integers(value: Any) -> bool:
    return _is_integer(value) or (isinstance(value, tuple | list) and all(map(_is_nested_integers, value)))


INTEGER = Admitted(_is_integer, "a whole number")
INTEGERS = Admitted(_is_integers, "whole numbers")
NESTED_INTEGERS = Admitted(_is_nested_integers, "whole numbers in tuples")
BOOLEAN = Admitted(lambda x: isinstance(x, bool | np.bool_), "True or False")
ELEMENT_TYPE = Admitted(_is_element_type, "an element type")
TUPLE = Admitted(lambda x: isinstance(x, tuple), "a tuple, which the rule reads in full")
# how JAX computes, stores or places the value; the function of real numbers is the same
NEUTRAL = Admitted(lambda x: True, "any: it does not change the function")
# how well JAX computes a product; the product of real numbers is the same
PRECISION = Admitted(_is_precision, "None, DEFAULT, HIGH, HIGHEST")
NOTHING = only(None)
PROGRAM = Admitted(lambda x: hasattr(x, "eqns"), "a jaxpr")


@final
@dataclass(frozen=True)
class Rule:
    """How one primitive of JAX becomes equations of a program.

    `lower` gives the references of the results; with `opens` its first argument is the inliner of jaxprs.
    `parameters` declares every parameter that the primitive may carry; `refusal` is the reason of a rule that only
    refuses.
    """

    lower: Lowering
    parameters: Mapping[str, Admitted] = field(default_factory=dict)
    opens: bool = False
    refusal: str = ""

    def checked(self, primitive: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters, all of them understood; raises `InputError` that names the one that is not."""
        for name, value in parameters.items():
            admitted = self.parameters.get(name)
            if admitted is None:
                raise InputError(
                    f"JAX's primitive `{primitive}` carries the parameter {name} = {value!r:.80}, which is not "
                    "understood here: a newer JAX may have added it; use a supported version"
                )
            if not admitted.holds(value):
                raise InputError(
                    f"JAX's primitive `{primitive}` with {name} = {value!r:.80} cannot be enclosed; "
                    f"understood are: {admitted.words}"
                )
        missing = [n for n, admitted in self.parameters.items() if n not in parameters and not admitted.optional]
        if missing:
            raise InputError(f"JAX's primitive `{primitive}` lacks the parameter {missing[0]}; use a supported JAX")
        return parameters

"""What a rule is: a JAX function whose arguments are named as in the schema of the operation."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from foundation import InputError

Function = Callable[..., Any]
Table = Mapping[str, Function]

# Arguments that say where and how numbers are stored, not which numbers they are.
STORAGE = frozenset({"device", "layout", "pin_memory", "memory_format", "non_blocking", "requires_grad"})


@final
@dataclass(frozen=True)
class NotModelled:
    """A second result that has no rule, such as the positions of a maximum; using it is refused."""

    what: str


def refuse(reason: str) -> InputError:
    """The error of a rule that meets a case it does not model; the caller adds the operation and its module."""
    return InputError(reason)


def demand(holds: bool, reason: str) -> None:
    if not holds:
        raise refuse(reason)


def call(function: Function, arguments: Mapping[str, Any], defaults: Mapping[str, Any]) -> Any:
    """Applies a rule; arguments that it does not name must have the schema's default or concern storage only."""
    known = inspect.signature(function).parameters
    if not any(p.kind is p.VAR_KEYWORD for p in known.values()):
        for name, value in arguments.items():
            if name not in known and name not in STORAGE and not _same(value, defaults.get(name)):
                raise refuse(f"its argument {name}={value!r:.60} is not modelled")
        arguments = {name: value for name, value in arguments.items() if name in known}
    return function(**arguments)


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(value == default))

"""All cases by name."""

import difflib
from typing import TYPE_CHECKING

from cases.catalogue import Entry, entries
from foundation import InputError, load

if TYPE_CHECKING:
    from cases.model import Case

# other names under which a system is known
_ALIASES = {"three-body": "gas"}


def case_names() -> tuple[str, ...]:
    """The names of all systems."""
    return tuple(entries())


def entry(name: str) -> Entry:
    """What the catalogue says of a system, without loading it; raises `InputError` with the nearest names otherwise."""
    known = entries()
    found = _ALIASES.get(name, name) if isinstance(name, str) else name
    if not isinstance(found, str) or found not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(known)}"
        raise InputError(f"there is no case {name!r}{hint}")
    return known[found]


def case(name: str) -> "Case":
    """The case of that name; raises `InputError` with the nearest names otherwise."""
    found: Case = load(entry(name).module).CASE
    return found

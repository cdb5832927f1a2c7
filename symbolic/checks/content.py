"""Which checks assert something: a definition asserts nothing, and neither does an equation between equal writings."""

from symbolic.checks.algebra import AllOf, Definition, Equal, TaylorIs
from symbolic.checks.claim import Check, Definitions, resolve
from symbolic.checks.order import EquivalentTo, Implied, SignIs


def is_definition(check: Check) -> bool:
    """Notation only, also several definitions in one step."""
    if isinstance(check, AllOf):
        return bool(check.checks) and all(is_definition(member) for member in check.checks)
    return isinstance(check, Definition)


def cannot_fail(check: Check, definitions: Definitions | None = None) -> bool:
    """Whether a part of what is displayed says that something is itself, or a number at sight is compared: 3 > 0.

    definitions: what names stand for; a name beside what it was defined to be says nothing either.
    """
    if isinstance(check, AllOf):
        return not check.checks or any(_says_itself(member, definitions or {}) for member in check.checks)
    return _says_itself(check, definitions or {})


def _says_itself(check: Check, definitions: Definitions) -> bool:
    if isinstance(check, AllOf):
        return any(_says_itself(member, definitions) for member in check.checks)
    if isinstance(check, TaylorIs):
        return bool(check.of == check.result)
    if isinstance(check, SignIs):
        # a number that is already worked out, beside 0
        return bool(check.expression.is_Rational)
    if isinstance(check, Equal | EquivalentTo):
        return bool(check.left == check.right) or _same_when_resolved(check, definitions)
    return isinstance(check, Implied) and bool(check.premise == check.conclusion)


def _same_when_resolved(check: Equal | EquivalentTo, definitions: Definitions) -> bool:
    """A name alone on one side, and on the other what it was defined to be."""
    named = check.left in definitions or check.right in definitions
    return named and bool(resolve(check.left, definitions) == resolve(check.right, definitions))


def proves_something(check: Check, definitions: Definitions | None = None) -> bool:
    """Whether some part of the check is neither a definition nor true as written."""
    if isinstance(check, AllOf):
        return any(proves_something(member, definitions) for member in check.checks)
    return not is_definition(check) and not _says_itself(check, definitions or {})

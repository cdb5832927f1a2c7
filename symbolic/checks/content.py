"""Which checks assert something: a definition asserts nothing, and neither does an equation between equal writings."""

from symbolic.checks.algebra import AllOf, Definition, Equal
from symbolic.checks.claim import Check
from symbolic.checks.order import EquivalentTo, Implied


def is_definition(check: Check) -> bool:
    """Notation only, also several definitions in one step."""
    if isinstance(check, AllOf):
        return bool(check.checks) and all(is_definition(member) for member in check.checks)
    return isinstance(check, Definition)


def cannot_fail(check: Check) -> bool:
    """Whether a part of what is displayed says that something is itself: X = X, or X if and only if X."""
    if isinstance(check, AllOf):
        return not check.checks or any(cannot_fail(member) for member in check.checks)
    if isinstance(check, Equal | EquivalentTo):
        return bool(check.left == check.right)
    return isinstance(check, Implied) and bool(check.premise == check.conclusion)


def proves_something(check: Check) -> bool:
    """Whether some part of the check is neither a definition nor true as written."""
    if isinstance(check, AllOf):
        return any(proves_something(member) for member in check.checks)
    return not is_definition(check) and not cannot_fail(check)

"""Which checks assert something: a definition asserts nothing, and neither does an equation between equal writings."""

from symbolic.checks.algebra import AllOf, Definition, Equal
from symbolic.checks.claim import Check
from symbolic.checks.order import EquivalentTo, Implied, SignIs


def is_definition(check: Check) -> bool:
    """Notation only, also several definitions in one step."""
    if isinstance(check, AllOf):
        return bool(check.checks) and all(is_definition(member) for member in check.checks)
    return isinstance(check, Definition)


def cannot_fail(check: Check) -> bool:
    """Whether a part of what is displayed says that something is itself, or a number at sight is compared: 3 > 0."""
    if isinstance(check, AllOf):
        return not check.checks or any(_says_itself(member) for member in check.checks)
    # a number that is already worked out, beside 0
    return _says_itself(check) or (isinstance(check, SignIs) and bool(check.expression.is_Rational))


def _says_itself(check: Check) -> bool:
    if isinstance(check, AllOf):
        return any(_says_itself(member) for member in check.checks)
    if isinstance(check, Equal | EquivalentTo):
        return bool(check.left == check.right)
    return isinstance(check, Implied) and bool(check.premise == check.conclusion)


def proves_something(check: Check) -> bool:
    """Whether some part of the check is neither a definition nor true as written."""
    if isinstance(check, AllOf):
        return any(proves_something(member) for member in check.checks)
    return not is_definition(check) and not _says_itself(check)

"""The refusal of a comparison that the balls cannot decide."""

from foundation import InputError


class UndecidedBranch(InputError):
    """A branch of the program depends on a comparison that the balls cannot decide."""

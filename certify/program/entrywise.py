"""Elementary functions of balls through Arb, entry by entry: for the functions without a float64 algorithm."""

from certify.arithmetic import Ball


def entrywise(name: str, *operands: Ball) -> Ball:
    """The elementwise function `name`, evaluated in Arb at 80 bits and rounded outward."""
    from certify.program.arb import Arbs, to_arb, to_bounds

    system = Arbs(80)
    operands_ = [to_arb(x) for x in operands]
    return Ball.from_bounds(*to_bounds(system.function(name, *operands_)))

"""A program in other units: powers of two before and after it, which no float rounds."""

from collections.abc import Sequence

import numpy as np

from certify.program.builder import Builder
from certify.program.program import Program

LARGEST_EXPONENT = 1000  # of a unit: 2^1000 and 2^-1000 are normal floats


def rescaled(program: Program, inner: Sequence[int], outer: Sequence[int]) -> Program:
    """y -> 2^outer f(2^inner y) for a program f with one input and one output, an exponent for each entry of both."""
    if not any(inner) and not any(outer):
        return program
    builder = Builder()
    entries = builder.input(program.inputs[0])
    argument = _scaled(builder, entries, inner, program.inputs[0].shape)
    values = builder.inline(program, [argument])[program.outputs[0]]
    return builder.program([_scaled(builder, values, outer, program.output_signatures[0].shape)])


def _scaled(builder: Builder, ref: int, exponents: Sequence[int], shape: tuple[int, ...]) -> int:
    if not any(exponents):
        return ref
    factors = np.ldexp(1.0, np.asarray(exponents, dtype=np.int64)).reshape(shape)
    return builder.emit("mul", ref, builder.constant(factors))

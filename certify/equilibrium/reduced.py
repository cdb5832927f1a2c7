"""A field on an affine subspace, in coordinates that are entries of the point: y = x in the pivots, x = base + T y."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from certify.equilibrium.rational_vectors import Vectors
from certify.program.builder import Builder
from certify.program.program import Program
from certify.program.signature import Signature
from foundation import InputError


def pivots(base: Sequence[Fraction], directions: Vectors) -> list[int] | None:
    """Rows of T that form the identity, with 0 in the base, in the order of the columns; None where there are none."""
    k = len(directions[0])
    places: list[int] = []
    for column in range(k):
        unit = [Fraction(int(j == column)) for j in range(k)]
        found = next((i for i, row in enumerate(directions) if list(row) == unit and base[i] == 0), None)
        if found is None:
            return None
        places.append(found)
    return places


def reduced(
    program: Program, base: Sequence[Fraction], directions: Vectors, places: Sequence[int], exponents: Sequence[int]
) -> Program:
    """z -> 2^-e f(base + T 2^e z) in the entries `places`, with the exponents e (k,) of the units of y = 2^e z.

    On an invariant subspace this is the field, or the map, in the coordinates z. Raises `InputError` where an entry of
    base or T is no quotient of two floats.
    """
    builder = Builder()
    n, k = len(base), len(directions[0])
    scaled = [[t * Fraction(2) ** e for t, e in zip(row, exponents, strict=True)] for row in directions]
    entries = builder.input(Signature((k,)))
    matrix = _quotients(builder, [t for row in scaled for t in row], (n, k))
    moved = builder.emit(
        "dot_general", matrix, entries, left_batch=(), right_batch=(), left_contract=(1,), right_contract=(0,)
    )
    point = builder.emit("add", moved, _quotients(builder, base, (n,)))
    shape = program.inputs[0].shape
    argument = point if shape == (n,) else builder.emit("reshape", point, shape=shape)
    values = builder.inline(program, [argument])[program.outputs[0]]
    flat = values if builder.signature(values).shape == (n,) else builder.emit("reshape", values, shape=(n,))
    rows = [builder.emit("slice", flat, starts=(i,), limits=(i + 1,), strides=(1,)) for i in places]
    chosen = rows[0] if k == 1 else builder.emit("concatenate", *rows, axis=0)
    if not any(exponents):
        return builder.program([chosen])
    down = builder.constant(np.ldexp(1.0, -np.asarray(exponents, dtype=np.int64)))
    return builder.program([builder.emit("mul", chosen, down)])


def _quotients(builder: Builder, values: Sequence[Fraction], shape: tuple[int, ...]) -> int:
    """An array of exact rationals: a division of exact floats where they are no floats themselves."""
    parts = [_parts(value) for value in values]
    above = builder.constant(np.array([p for p, _ in parts]).reshape(shape))
    if all(q == 1.0 for _, q in parts):
        return above
    return builder.emit("div", above, builder.constant(np.array([q for _, q in parts]).reshape(shape)))


def _parts(value: Fraction) -> tuple[float, float]:
    """Floats p, q with value = p / q; q = 1 for a float."""
    try:
        if Fraction(float(value)) == value:
            return float(value), 1.0
        p, q = float(value.numerator), float(value.denominator)
    except OverflowError:
        p = q = 0.0
    if not q or Fraction(p) != value.numerator or Fraction(q) != value.denominator:
        raise InputError(f"the subspace's entry {str(value)[:40]} is not a quotient of two floats; round it")
    return p, q

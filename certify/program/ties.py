"""Maxima without ties between operands that are one and the same function of the parameters.

On a constant background the entries of a pooling window are equal whatever the parameters are, and no ball tells which
of them is the largest: the enclosure of the derivative is then the hull over all ways of sharing it out. What
`certify.program.identical` proves to be equal counts once.
"""

import numpy as np

from certify.program.builder import Builder
from certify.program.errors import UndecidedBranch
from certify.program.evaluate import number_system
from certify.program.identical import Numbering, joined_axes, same_rank
from certify.program.primitives.primitive import stretched
from certify.program.program import Equation, Program
from certify.program.signature import Signature
from certify.program.values import Value

# Whether the largest operand is taken.
_EXTREMA = {"reduce_max": True, "reduce_min": False, "max": True, "min": False}


def merged_ties(
    program: Program, parameters: Value, examples: np.ndarray, precision: int | None
) -> tuple[Program, list[np.ndarray]]:
    """The program without ties between equal functions, and the arrays (N, ...) that it takes behind its own inputs.

    parameters: enclosures (D,) of the first input; examples (N, ...): the second one. For these the new program has the
    same values, as a function of the parameters: in maxima each entry that equals an earlier one is lowered by 1
    (raised in minima). Nothing is merged where a value may not exist, or a comparison is open.
    """
    found = _ties(Numbering(program, number_system(precision)), parameters, examples)
    builder = Builder()
    inputs = [builder.input(signature) for signature in program.inputs]
    marks = {position: builder.input(Signature(mark.shape[1:])) for position, mark in found.items()}
    refs = [*inputs, *(builder.constant(array) for array in program.constants)]
    for position, equation in enumerate(program.equations):
        operands = [refs[x] for x in equation.operands]
        if position in marks:
            change = "sub" if _EXTREMA[equation.primitive] else "add"
            last = stretched(builder, operands[-1], builder.signature(marks[position]).shape)
            operands[-1] = builder.emit(change, last, marks[position])
        builder.source = equation.source
        refs.append(builder.emit(equation.primitive, *operands, **equation.parameters))
    return builder.program([refs[x] for x in program.outputs]), list(found.values())


def _ties(numbering: Numbering, parameters: Value, examples: np.ndarray) -> dict[int, np.ndarray]:
    """For each maximum or minimum with ties where the last operand repeats an earlier entry: 1.0 there, else 0."""
    found = {}
    try:
        for position, equation, own in numbering.operands(parameters, examples):
            if equation.primitive in _EXTREMA and equation.signature.is_real:
                mark = _repeated(equation, own)
                if mark.any():
                    found[position] = np.broadcast_to(mark, (len(examples), *mark.shape[1:])).astype(np.float64)
    except UndecidedBranch:
        return {}
    return found


def _repeated(equation: Equation, own: list[np.ndarray]) -> np.ndarray:
    """Where the last operand's entry has the number of an earlier entry that it competes with."""
    if equation.primitive in ("max", "min"):
        x, y = same_rank(own)
        return np.asarray(x == y)
    axes = equation.parameters["axes"]
    rows = joined_axes(own[0], axes)
    order = np.argsort(rows, -1, kind="stable")
    ordered = np.take_along_axis(rows, order, -1)
    again = np.concatenate([np.zeros((*rows.shape[:-1], 1), bool), ordered[..., 1:] == ordered[..., :-1]], -1)
    mark = np.zeros(rows.shape, bool)
    np.put_along_axis(mark, order, again, -1)
    moved = [axis + 1 for axis in axes]
    kept = [axis for axis in range(own[0].ndim) if axis not in moved]
    back = np.argsort([*kept, *moved])
    lengths = [own[0].shape[axis] for axis in (*kept, *moved)]
    return np.transpose(mark.reshape(lengths), back)

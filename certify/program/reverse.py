"""Reverse-mode differentiation of programs, by our own rules.

A proof must not rest on someone else's derivative (a library's, or a custom rule of the user's): the pullback is
derived from the program alone, as a program again, so it can be differentiated again and evaluated in any number
system.
"""

from collections.abc import Sequence

import numpy as np

from certify.program.builder import Builder
from certify.program.primitives.primitive import Pull
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Program
from certify.program.signature import FLOAT, Signature
from certify.program.simplify import constant_entry
from foundation import InputError


def pullback(program: Program, wrt: Sequence[int] | None = None) -> Program:
    """The program (inputs, cotangents of the outputs) -> cotangents of the inputs `wrt` (default: all real inputs).

    Its inputs are the program's own, then one cotangent for each real output. With output y = f(x) and cotangent c it
    computes c^T Df(x). Where a ball straddles a kink it encloses Clarke's generalised gradient.
    """
    chosen = _chosen(program, wrt)
    builder = Builder()
    inputs = [builder.input(signature) for signature in program.inputs]
    real = [ref for ref in program.outputs if program.signatures[ref].is_real]
    cotangents = [builder.input(program.signatures[ref]) for ref in real]
    values = builder.inline(program, inputs)
    return builder.program(pulled_back(builder, program, values, real, cotangents, chosen))


def jacobian_program(program: Program, wrt: Sequence[int] | None = None) -> Program:
    """The program inputs -> Jacobian, shape (q, D).

    q counts the entries of all real outputs and D those of the inputs `wrt`, both flattened and joined in order.
    """
    chosen = _chosen(program, wrt)
    builder = Builder()
    values = builder.inline(program, [builder.input(signature) for signature in program.inputs])
    real = [ref for ref in program.outputs if program.signatures[ref].is_real]
    rows = []
    for position, ref in enumerate(real):
        for entry in range(program.signatures[ref].size):
            seeds = [_unit(builder, program.signatures[r], entry if p == position else -1) for p, r in enumerate(real)]
            parts = pulled_back(builder, program, values, real, seeds, chosen)
            rows.append(_flat_row(builder, parts))
    if not rows:
        raise InputError("the program has no real output to differentiate")
    return builder.program([rows[0] if len(rows) == 1 else builder.emit("concatenate", *rows, axis=0)])


def gradient_program(program: Program, wrt: int = 0) -> Program:
    """The program inputs -> gradient of a scalar output with respect to one input, in that input's shape."""
    if len(program.outputs) != 1 or program.output_signatures[0] != Signature(()):
        raise InputError(f"a gradient needs one scalar output, but got {[str(s) for s in program.output_signatures]}")
    jacobian = jacobian_program(program, (wrt,))
    return _reshaped(jacobian, program.inputs[wrt].shape)


def hessian_vector_program(program: Program, wrt: int = 0) -> Program:
    """The program (inputs, v) -> Hessian of a scalar output times v, in the shape of the input `wrt`."""
    return pullback(gradient_program(program, wrt), (wrt,))


def hessian_program(program: Program, wrt: int = 0) -> Program:
    """The program inputs -> Hessian, shape (D, D), of a scalar output."""
    return jacobian_program(gradient_program(program, wrt), (wrt,))


def pulled_back(
    builder: Builder,
    program: Program,
    values: Sequence[int],
    outputs: Sequence[int],
    cotangents: Sequence[int],
    wrt: Sequence[int],
) -> list[int]:
    """Emits the cotangents of the inputs `wrt`; `values` are the references of the program's inlined values."""
    shares: dict[int, list[int]] = {}
    for ref, cotangent in zip(outputs, cotangents, strict=True):
        shares.setdefault(ref, []).append(cotangent)
    relevant = _depends_on(program, wrt)
    for position in range(len(program.equations) - 1, -1, -1):
        ref = program.first_equation + position
        if ref in shares and ref in relevant:
            _pull_equation(builder, program, values, position, _total(builder, shares.pop(ref)), relevant, shares)
    return [_total(builder, shares[x]) if x in shares else builder.number(0.0, program.inputs[x].shape) for x in wrt]


def _pull_equation(
    builder: Builder,
    program: Program,
    values: Sequence[int],
    position: int,
    cotangent: int,
    relevant: set[int],
    shares: dict[int, list[int]],
) -> None:
    equation = program.equations[position]
    rule = PRIMITIVES[equation.primitive].pull
    if rule is None or constant_entry(builder, cotangent) == 0.0:
        return
    builder.source = equation.source
    operands = tuple(values[ref] for ref in equation.operands)
    output = values[program.first_equation + position]
    pulled = rule(Pull(builder, operands, output, cotangent, equation.parameters))
    builder.source = ""
    for ref, share in zip(equation.operands, pulled, strict=True):
        if share is not None and ref in relevant and constant_entry(builder, share) != 0.0:
            shares.setdefault(ref, []).append(share)


def _depends_on(program: Program, wrt: Sequence[int]) -> set[int]:
    """The real values that depend on the inputs `wrt` through real values."""
    found = set(wrt)
    for position, equation in enumerate(program.equations):
        if equation.signature.is_real and any(ref in found for ref in equation.operands):
            found.add(program.first_equation + position)
    return found


def _total(builder: Builder, shares: Sequence[int]) -> int:
    """The sum of the shares; disjoint slices of one array are laid side by side instead."""
    joined = _side_by_side(builder, shares)
    if joined is not None:
        return joined
    total = shares[0]
    for share in shares[1:]:
        total = builder.emit("add", total, share)
    return total


def _side_by_side(builder: Builder, shares: Sequence[int]) -> int | None:
    """The sum of blocks padded with zeros along the first axis, when the blocks do not overlap: a concatenation."""
    if len(shares) < 2:
        return None
    blocks = []
    for share in shares:
        node = builder.nodes[share]
        if node.primitive != "pad" or any(node.parameters["interior"]):
            return None
        before, after = node.parameters["before"], node.parameters["after"]
        if any(before[1:]) or any(after[1:]):
            return None
        blocks.append((before[0], node.signature.shape[0] - after[0], node.operands[0]))
    return _joined(builder, sorted(blocks), builder.signature(shares[0]).shape)


def _joined(builder: Builder, blocks: Sequence[tuple[int, int, int]], shape: tuple[int, ...]) -> int | None:
    parts, reached = [], 0
    for start, stop, block in blocks:
        if start < reached:
            return None
        if start > reached:
            parts.append(builder.number(0.0, (start - reached, *shape[1:])))
        parts.append(block)
        reached = stop
    if reached < shape[0]:
        parts.append(builder.number(0.0, (shape[0] - reached, *shape[1:])))
    return builder.emit("concatenate", *parts, axis=0)


def _unit(builder: Builder, signature: Signature, entry: int) -> int:
    """The unit vector of one entry (zero for entry -1)."""
    if signature.size == 1:
        return builder.number(1.0 if entry == 0 else 0.0, signature.shape)
    if entry < 0:
        return builder.number(0.0, signature.shape)
    array = np.zeros(signature.size)
    array[entry] = 1.0
    return builder.constant(array.reshape(signature.shape))


def _flat_row(builder: Builder, parts: Sequence[int]) -> int:
    """The parts flattened and joined to one row, shape (1, D)."""
    flat = [builder.emit("reshape", x, shape=(builder.signature(x).size,)) for x in parts]
    row = flat[0] if len(flat) == 1 else builder.emit("concatenate", *flat, axis=0)
    return builder.emit("reshape", row, shape=(1, builder.signature(row).size))


def _reshaped(program: Program, shape: tuple[int, ...]) -> Program:
    builder = Builder()
    values = builder.inline(program, [builder.input(signature) for signature in program.inputs])
    return builder.program([builder.emit("reshape", values[program.outputs[0]], shape=shape)])


def _chosen(program: Program, wrt: Sequence[int] | None) -> tuple[int, ...]:
    real = tuple(i for i, signature in enumerate(program.inputs) if signature.dtype == FLOAT)
    chosen = real if wrt is None else tuple(wrt)
    if not chosen or any(x not in real for x in chosen):
        raise InputError(f"cannot differentiate with respect to inputs {chosen}; the real inputs are {real}")
    return chosen

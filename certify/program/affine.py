"""Tight enclosures over boxes of the values of a program that are affine in its inputs.

Ball by ball x - mean(x) forgets that both sides hold the same x. An affine value is f(m) + sum_k t_k (f(r_k e_k) -
f(0)) on the box m_k + t_k r_k, |t_k| <= 1, so that f(m) +- sum_k |f(r_k e_k) - f(0)| is its exact range.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.builder import Builder
from certify.program.evaluate import evaluate
from certify.program.program import Equation, Program
from foundation import InputError

# In one operand, whatever they do with its entries.
_LINEAR = frozenset(("neg", "reshape", "transpose", "broadcast_in_dim", "slice", "rev", "reduce_sum", "cumsum"))
_JOINING = frozenset(("add", "sub", "concatenate"))
_MIXING = frozenset(("add", "sub", "reduce_sum", "cumsum", "dot_general"))
# Each wide entry costs one evaluation of the affine part.
_MOST_ENTRIES = 256


def affine_values(program: Program, arguments: Sequence[Any]) -> Mapping[int, Ball]:
    """Enclosures over the box of `arguments` of affine values that other equations or the outputs use, by reference.

    arguments: one a program input, balls (the box) or arrays of integers. Empty where nothing is gained: exact
    arguments, no sums of inputs, unbounded balls, more than 256 entries that are not exact.
    """
    wide = [np.flatnonzero(x.rad) if isinstance(x, Ball) else np.zeros(0, int) for x in arguments]
    count = sum(map(len, wide))
    refs = _frontier(program) if 0 < count <= _MOST_ENTRIES else []
    if not refs or not all(np.isfinite(x.rad).all() for x in arguments if isinstance(x, Ball)):
        return {}
    builder = Builder()
    values = builder.inline(program, [builder.input(signature) for signature in program.inputs])
    part = builder.program([values[ref] for ref in refs])
    try:
        batch = [isinstance(x, Ball) for x in arguments]
        found = evaluate(part, _directions(arguments, wide), batch=batch)
    except InputError:
        return {}
    return {ref: _range(value) for ref, value in zip(refs, found, strict=True) if isinstance(value, Ball)}


def _directions(arguments: Sequence[Any], wide: Sequence[np.ndarray]) -> list[Any]:
    """The middle, 0, and r_k e_k for each wide entry, as examples."""
    count, start, rows = sum(map(len, wide)), 2, []
    for x, places in zip(arguments, wide, strict=True):
        if not isinstance(x, Ball):
            rows.append(x)
            continue
        row = np.zeros((count + 2, x.mid.size))
        row[0] = x.mid.reshape(-1)
        row[start + np.arange(len(places)), places] = x.rad.reshape(-1)[places]
        start += len(places)
        rows.append(Ball.exact(row.reshape(count + 2, *x.shape)))
    return rows


def _range(values: Ball) -> Ball:
    slopes = (values[2:] - values[1:2]).magnitude
    if not np.isfinite(slopes).all():
        return Ball(values.mid[0], np.full(values.shape[1:], np.inf))
    return values[0].widened(Ball.exact(slopes).sum((0,)).upper)


def _frontier(program: Program) -> list[int]:
    """Affine values that mix entries and are used by something that is not affine, or are outputs."""
    affine = [signature.is_real for signature in program.inputs] + [False] * len(program.constants)
    constant = [False] * len(program.inputs) + [True] * len(program.constants)
    mixed = [False] * len(affine)
    wanted = set(program.outputs)
    for equation in program.equations:
        still = all(constant[ref] for ref in equation.operands)
        is_affine = not still and _is_affine(equation, affine, constant)
        if not is_affine:
            wanted.update(equation.operands)
        constant.append(still)
        affine.append(is_affine)
        own = is_affine and equation.primitive in _MIXING
        mixed.append(own or (is_affine and any(mixed[ref] for ref in equation.operands)))
    return [ref for ref in range(program.first_equation, len(affine)) if ref in wanted and affine[ref] and mixed[ref]]


def _is_affine(equation: Equation, affine: Sequence[bool], constant: Sequence[bool]) -> bool:
    operands = equation.operands
    if not equation.signature.is_real:
        return False
    if equation.primitive in _LINEAR:
        return affine[operands[0]]
    if equation.primitive in _JOINING:
        return all(affine[ref] or constant[ref] for ref in operands)
    if equation.primitive in ("mul", "dot_general"):
        return sorted((affine[ref], constant[ref]) for ref in operands) == [(False, True), (True, False)]
    return equation.primitive == "div" and affine[operands[0]] and constant[operands[1]]

"""Discrete Fourier transforms as products with the matrix of twiddle factors, of exact fractions of pi."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.complex import Parts
from certify.program.lowering.rule import name_of
from foundation import InputError

# The matrix of a longer transform would be larger than the array of numbers that it is for.
_LONGEST = 1024


def transformed(builder: Builder, x: Parts | int, parameters: Mapping[str, Any]) -> Parts | int:
    """fft and ifft of complex numbers, rfft of real ones, irfft to real ones, along the last axes."""
    kind = _KINDS.get(name_of(parameters["fft_type"]), _KINDS.get(str(parameters["fft_type"])))
    lengths = [int(n) for n in parameters["fft_lengths"]]
    if kind is None or any(not 1 <= n <= _LONGEST for n in lengths):
        raise InputError(f"a Fourier transform of type {parameters['fft_type']} and lengths {lengths}")
    last = _rank(builder, x) - 1
    axes = [last - position for position in range(len(lengths))][1:]
    inner = list(reversed(lengths))[1:]
    if kind == "rfft":
        assert isinstance(x, int)
        result = _forward_real(builder, x, lengths[-1])
        return _along(builder, result, axes, inner, -1)
    assert not isinstance(x, int)
    if kind == "irfft":
        return _to_real(builder, _along(builder, x, axes, inner, 1), lengths[-1])
    sign = -1 if kind == "fft" else 1
    return _along(builder, x, [last, *axes], [lengths[-1], *inner], sign)


_KINDS = {
    **{"FFT": "fft", "IFFT": "ifft", "RFFT": "rfft", "IRFFT": "irfft"},
    **{"0": "fft", "1": "ifft", "2": "rfft", "3": "irfft"},
}


def _rank(builder: Builder, x: Parts | int) -> int:
    return len(builder.signature(x if isinstance(x, int) else x[0]).shape)


def _along(builder: Builder, x: Parts, axes: Sequence[int], lengths: Sequence[int], sign: int) -> Parts:
    """sum_t x_t e^(sign 2 pi i k t / n) along each axis; divided by n for sign 1."""
    for axis, length in zip(axes, lengths, strict=True):
        cosine, sine = _twiddles(builder, np.outer(np.arange(length), np.arange(length)), length)
        if sign < 0:
            sine = builder.emit("neg", sine)
        real = builder.emit("sub", _applied(builder, x[0], cosine, axis), _applied(builder, x[1], sine, axis))
        imaginary = builder.emit("add", _applied(builder, x[0], sine, axis), _applied(builder, x[1], cosine, axis))
        x = (real, imaginary) if sign < 0 else (_over(builder, real, length), _over(builder, imaginary, length))
    return x


def _over(builder: Builder, x: int, count: int) -> int:
    return builder.emit("div", x, builder.number(float(count)))


def _forward_real(builder: Builder, x: int, length: int) -> Parts:
    table = np.outer(np.arange(length // 2 + 1), np.arange(length))
    cosine, sine = _twiddles(builder, table, length)
    last = len(builder.signature(x).shape) - 1
    return _applied(builder, x, cosine, last), builder.emit("neg", _applied(builder, x, sine, last))


def _to_real(builder: Builder, x: Parts, length: int) -> int:
    """The real array of that length with the given half of its spectrum: the imaginary parts of the constant and, for
    even lengths, of the alternating term do not count.
    """
    count = builder.signature(x[0]).shape[-1]
    if count != length // 2 + 1:
        raise InputError(f"irfft of {count} frequencies to {length} numbers")
    cosine, sine = _twiddles(builder, np.outer(np.arange(length), np.arange(count)), length)
    weights = np.full(count, 2.0)
    weights[0] = 1.0
    if length % 2 == 0:
        weights[-1] = 1.0
    scale = builder.constant(np.broadcast_to(weights, (length, count)))
    last = len(builder.signature(x[0]).shape) - 1
    real = _applied(builder, x[0], builder.emit("mul", scale, cosine), last)
    imaginary = _applied(builder, x[1], builder.emit("mul", scale, sine), last)
    return _over(builder, builder.emit("sub", real, imaginary), length)


def _twiddles(builder: Builder, table: np.ndarray, length: int) -> Parts:
    """(cos, sin) of 2 pi m / n for the whole numbers m of the table; exact at multiples of a right angle."""
    steps = np.arange(length)
    eighths = builder.emit("div", builder.constant(8.0 * steps), builder.number(float(length)))
    angles = builder.emit("mul", eighths, builder.emit("atan", builder.number(1.0)))
    right = (4 * steps) % length == 0
    quarter = (4 * steps) // length
    found = []
    for name, exact in (("cos", (1.0, 0.0, -1.0, 0.0)), ("sin", (0.0, 1.0, 0.0, -1.0))):
        known = builder.constant(np.array(exact)[quarter % 4])
        values = builder.emit("select_n", builder.constant(right), builder.emit(name, angles), known)
        found.append(builder.emit("take", values, builder.constant((table % length).astype(np.int64))))
    return found[0], found[1]


def _applied(builder: Builder, x: int, matrix: int, axis: int) -> int:
    """The matrix (k, n) on the axis of length n."""
    rank = len(builder.signature(x).shape)
    contraction = {"left_batch": (), "right_batch": (), "left_contract": (axis,), "right_contract": (1,)}
    product = builder.emit("dot_general", x, matrix, **contraction)
    order = [*range(axis), rank - 1, *range(axis, rank - 1)]
    return builder.emit("transpose", product, permutation=tuple(order))

"""The large matrix products of the interpreter: the one place where another device could compute them."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.ball import _checked
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF

# Products of factors below this bound stay far from overflow.
_LARGE = 2.0**500


def multiply_matrices(x: Ball, y: Ball) -> Ball:
    """Enclosure of the products of stacks of matrices, shapes (B, ..., m, k) and (B, ..., k, n); B may be 1."""
    if x.shape[-1] == 1:
        return _outer(x, y)
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    count = int(np.prod(batch, dtype=np.int64))
    if y.size == y.shape[-1] * y.shape[-2]:  # the same right factor for every member of the stack
        flat = matmul(x.reshape(-1, x.shape[-1]), y.reshape(y.shape[-2:]))
        return flat.reshape((*x.shape[:-1], y.shape[-1])).reshape((*batch, x.shape[-2], y.shape[-1]))
    if x.size == x.shape[-1] * x.shape[-2] and count > 1:
        turned = multiply_matrices(_turn(y), _turn(x))
        return _turn(turned)
    return matmul(x, y)


def _turn(x: Ball) -> Ball:
    return x.map(lambda a: np.swapaxes(a, -1, -2))


def _outer(x: Ball, y: Ball) -> Ball:
    """Enclosure of the outer products, shapes (..., m, 1) and (..., 1, n), in one pass over each output array.

    With midpoints a, b and radii r, s the radius is |a| (s + 2u|b|) + r (|b| + s) + 8 eta, a product of inner
    dimension 3. Its factors are enlarged by 16u beforehand, which covers their rounding (at most two
    operations each) and that of the product, gamma_3; eta covers the underflow of 2u|b|.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        a, b = np.abs(x.mid), np.abs(y.mid)
        mid = x.mid * y.mid
        growth = 1.0 + 16 * UNIT_ROUNDOFF
        right = (y.rad + (2 * UNIT_ROUNDOFF * b + SMALLEST_SUBNORMAL)) * growth
        rounding = np.full(b.shape, 8 * SMALLEST_SUBNORMAL)
        rows, columns = [a, np.ones(a.shape)], [right, rounding]
        if not x.is_exact:
            rows, columns = [*rows, x.rad], [*columns, (b + y.rad) * growth]
        rad = np.matmul(np.concatenate(rows, -1), np.concatenate(columns, -2))
    reach = max(float(v.max(initial=0.0)) for v in (a, b, x.rad, y.rad))
    return Ball(mid, rad) if reach < _LARGE else _checked(mid, rad)

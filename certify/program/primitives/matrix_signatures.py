"""Shapes of what the primitives on matrices return."""

from collections.abc import Sequence

from certify.program.primitives.primitive import Parameters, demand
from certify.program.signature import Signature


def matrix(operands: Sequence[Signature], count: int = 1) -> Signature:
    demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
    demand(all(s.is_real and len(s.shape) >= 2 for s in operands), f"takes real matrices, got {[*map(str, operands)]}")
    demand(all(0 not in s.shape for s in operands), "takes matrices of at least one entry")
    return operands[0]


def square(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    demand(x.shape[-1] == x.shape[-2], f"takes square matrices, got {x}")
    return x


def infer_square_root(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = square(operands, parameters)
    demand(len(x.shape) == 2, f"takes one square matrix, got {x}")
    return x


def infer_solve(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    a, b = (matrix(operands, 2), operands[1])
    demand(a.shape[-1] == a.shape[-2], f"takes square matrices, got {a}")
    demand(a.shape[:-1] == b.shape[:-1], f"cannot solve with {a} and {b}")
    return b


def infer_values(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    return Signature(square(operands, parameters).shape[:-1])


def infer_projectors(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    shape = square(operands, parameters).shape
    return Signature((*shape, shape[-1]))


def infer_singular(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    return Signature((*x.shape[:-2], min(x.shape[-2:])))


def infer_singular_vectors(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    count = min(x.shape[-2:])
    return Signature((*x.shape[:-2], count, count))


def infer_q(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    return Signature((*x.shape[:-1], min(x.shape[-2:])))


def infer_r(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    return Signature((*x.shape[:-2], min(x.shape[-2:]), x.shape[-1]))


def infer_transposed(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    return Signature((*x.shape[:-2], x.shape[-1], x.shape[-2]))


def infer_order(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    x = matrix(operands)
    return Signature(x.shape[:-1], "int64")

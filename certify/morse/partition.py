"""The subdivision of a box as data: the witness with which a proof is repeated without searching."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from foundation import CertificateError

Boxes: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Lower and upper corners, each (N, d)."""

# What becomes of a box: halved along axis 0, 1, ..., or one of these.
EXCLUDED, COVERED, OPEN, _PADDING = 8, 9, 10, 255
_PACKED = 8
_MOST_BOXES = 2**28


def halves(boxes: Boxes, axis: np.ndarray) -> Boxes:
    """Each box cut in the middle of its axis: (2 N, d), the two halves of a box one after the other."""
    lower, upper = boxes
    rows = np.arange(len(lower))
    middle = lower[rows, axis] / 2 + upper[rows, axis] / 2
    first, second = upper.copy(), lower.copy()
    first[rows, axis] = middle
    second[rows, axis] = middle
    pairs = np.stack([lower, second], axis=1), np.stack([first, upper], axis=1)
    return pairs[0].reshape(-1, lower.shape[1]), pairs[1].reshape(-1, lower.shape[1])


def levels(codes: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> Iterator[tuple[Boxes, np.ndarray]]:
    """The boxes of each generation with their codes, starting with the whole box [lower, upper] (d,).

    codes: those of all boxes, generation by generation. Raises `CertificateError` where they are no subdivision.
    """
    boxes, start = (lower[None], upper[None]), 0
    while len(boxes[0]):
        own = codes[start : start + len(boxes[0])]
        split = own < len(lower)
        if len(own) < len(boxes[0]) or not (split | ((own >= EXCLUDED) & (own <= OPEN))).all():
            raise CertificateError("the certificate's subdivision is malformed")
        yield boxes, own
        start += len(own)
        boxes = halves((boxes[0][split], boxes[1][split]), own[split])
    if start != len(codes):
        raise CertificateError("the certificate's subdivision has boxes left over")


def ordered(codes: np.ndarray, children: np.ndarray) -> np.ndarray:
    """The codes generation by generation; children (N,): the number of a box's first half, the second follows it."""
    found, generation = [], np.zeros(1, np.int64)
    while len(generation):
        own = codes[generation]
        found.append(own)
        first = children[generation[own < EXCLUDED]]
        generation = np.stack([first, first + 1], axis=1).reshape(-1)
    return np.concatenate(found)


def pack(codes: np.ndarray) -> np.ndarray:
    """Eight codes to an int64."""
    padded = np.full(-(-len(codes) // _PACKED) * _PACKED, _PADDING, np.int64)
    padded[: len(codes)] = codes
    shifted = padded.reshape(-1, _PACKED).astype(np.uint64) << (8 * np.arange(_PACKED, dtype=np.uint64))
    return np.bitwise_or.reduce(shifted, axis=1).astype(np.int64)


def unpack(packed: Any) -> np.ndarray:
    """The codes of `pack`; raises `CertificateError` on anything else."""
    if not isinstance(packed, np.ndarray) or packed.dtype != np.int64 or packed.ndim != 1 or packed.size > _MOST_BOXES:
        raise CertificateError("the certificate's witness has no subdivision")
    bytes_ = (packed.astype(np.uint64)[:, None] >> (8 * np.arange(_PACKED, dtype=np.uint64))) & np.uint64(255)
    codes = bytes_.reshape(-1).astype(np.int64)
    return codes[codes != _PADDING]

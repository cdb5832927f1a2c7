"""The arrays of an optimiser's memory, and how each one rests."""

import re
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from foundation import CertificateError

# Step counters stand for every number of steps in this range: bias corrections and warm-up are over, and the last one
# is where counters of 32 bits stop (`optax.safe_increment`), so that the step is one and the same map from there on.
CLOCK = (2.0**20, 2.0**31)
KINDS = ("moving", "near", "clock", "kept", "params", "cycle", "loss", "sum")
# What keeps its value, or rests near one, is looked at over this relative width; next to zero up to `_NEXT_TO_ZERO`.
_NEAR = 1e-9
_LONGEST_SUM = 2.0**60
_NEXT_TO_ZERO = 2.0**-300


@final
@dataclass(frozen=True, eq=False)
class Leaf:
    """One array of the optimiser's memory. name: its group, one variable of the jets; leaves of one group belong to
    different parameters. owner: the coordinate of every entry, -1 throughout for what belongs to none.

    kind: "moving" for memory that rests exactly at `value`; "near" for memory that rests within one part in 10^9 of
    the one number in `value`; "clock" for step counters (`value` is anything); "kept" for what never changes without a
    gradient, so that it rests at each value near `value`; "params" for a copy of the parameters (`value` is anything);
    "cycle" for counters that come back: there is one program for each of their values, which reads none of them; "loss"
    for the value of the loss at the parameters, which an optimiser takes beside the gradient; "sum" for a number that
    grows by `value` in every step. "held", which no certificate stores, for memory that is looked at as it
    was given and taken to stay there.
    """

    name: str
    kind: str
    owner: np.ndarray
    value: np.ndarray

    @property
    def is_owned(self) -> bool:
        """Whether every entry belongs to a parameter."""
        return bool((self.owner >= 0).all())

    @property
    def variable(self) -> str:
        """The group whose variable it is; empty for what has none."""
        if self.kind in ("clock", "kept", "cycle", "loss", "sum", "held"):
            return ""
        return self.name if self.is_owned or self.owner.shape == () else ""


def near(leaf: Leaf) -> Ball:
    """The interval in which a memory of kind "near" is to rest."""
    value = float(leaf.value.reshape(-1)[0])
    return Ball.from_bounds(np.float64(value - abs(value) * _NEAR), np.float64(value + abs(value) * _NEAR))


def loss_at_rest(leaf: Leaf) -> Ball:
    """The values of the loss at the minimum that are looked at: exactly zero, or a narrow interval."""
    value = float(leaf.value)
    width = 0.0 if value == 0 else _NEAR * (1 + abs(value))
    return Ball.from_bounds(np.float64(value - width), np.float64(value + width))


def late_sum(leaf: Leaf) -> Ball:
    """The values of a growing sum that are looked at: from 2^20 steps on."""
    step = float(leaf.value)
    return Ball.from_bounds(np.float64(step * CLOCK[0]), np.float64(step * _LONGEST_SUM))


def around(leaf: Leaf) -> Ball:
    """The values of a kept memory that are looked at; zero is looked at from above."""
    value, width = leaf.value, np.abs(leaf.value) * _NEAR
    return Ball.from_bounds(value - width, np.where(value == 0, _NEXT_TO_ZERO, value + width))


def read_leaves(stored: Any, dimension: int) -> tuple[Leaf, ...]:
    """The memory of a certificate's optimiser; raises `CertificateError` where it is damaged."""
    if not isinstance(stored, list):
        raise CertificateError("the optimiser's memory is not a list")
    leaves = tuple(_read_leaf(entry, dimension) for entry in stored)
    for name in {leaf.variable for leaf in leaves if leaf.variable}:
        owners = [leaf.owner.reshape(-1) for leaf in leaves if leaf.variable == name]
        places = np.concatenate(owners)
        if len(np.unique(places)) < len(places):
            raise CertificateError(f"the memory {name!r} of the optimiser holds a parameter's number twice")
    return leaves


# The path of an array in a state, such as [0].mu['layer']: no sentence fits into it.
_NAME = re.compile(r"[\w.'\"\[\]/-]{0,120}")


def _read_leaf(entry: Any, dimension: int) -> Leaf:
    if not isinstance(entry, dict) or set(entry) != {"name", "kind", "owner", "value"}:
        raise CertificateError("an entry of the optimiser's memory is damaged")
    name, kind, owner, value = (entry.get(key) for key in ("name", "kind", "owner", "value"))
    if (
        not isinstance(owner, np.ndarray)
        or not isinstance(value, np.ndarray)
        or not isinstance(name, str)
        or not _NAME.fullmatch(name)
    ):
        raise CertificateError("an entry of the optimiser's memory is damaged")
    fits = owner.dtype == np.int64 and value.dtype == np.float64 and owner.shape == value.shape
    if kind not in KINDS or not fits or not np.isfinite(value).all():
        raise CertificateError(f"the memory {name!r} of the optimiser is damaged")
    if bool((owner < -1).any() or (owner >= dimension).any()):
        raise CertificateError(f"the memory {name!r} of the optimiser belongs to parameters that do not exist")
    owned = bool((owner >= 0).all())
    single = value.size > 0 and bool((value == value.flat[0]).all())
    if kind == "sum" and not (value.shape == () and 2.0**-300 < float(value) < 2.0**300):
        raise CertificateError(f"the memory {name!r} of the optimiser is damaged")
    if kind == "loss" and value.shape != ():
        raise CertificateError("the value of the loss must be one number")
    if (kind == "near" and not (single and (owned or value.shape == ()))) or (kind == "params" and not owned):
        raise CertificateError(f"the memory {name!r} of the optimiser is damaged")
    return Leaf(str(name), str(kind), owner, value)

"""The problem of an inequality: f > 0 on the part of a box where all entries of another function are >= 0."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.inequality.bounds import ScalarBounds
from certify.morse.evaluation import BoxForms
from certify.program import Program, evaluate
from certify.program.poles import defined_on
from foundation import CertificateError, InputError

LARGEST_DIMENSION = 8  # a direction is one of the codes below 8 of a subdivision
_PRECISION = 160


@final
@dataclass(frozen=True, eq=False)
class InequalityProblem:
    """function: program (d,) -> scalar. lower, upper: (d,), the corners of the closed box. where: program (d,) -> (k,)
    or None: the set is {x in the box: where(x) >= 0 in every entry}.
    """

    function: Program
    lower: np.ndarray
    upper: np.ndarray
    where: Program | None = None

    @staticmethod
    def from_tree(tree: Mapping[str, Any]) -> "InequalityProblem":
        """The problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        function = real_program(tree.get("function"), "function")
        size = function.inputs[0].size
        _demand(function.output_signatures[0].shape == (), "a function that is not scalar")
        lower, upper = box_of(tree, size)
        where = real_program(tree["where"], "where") if "where" in tree else None
        if where is not None:
            shape = where.output_signatures[0].shape
            _demand(where.inputs[0].size == size and len(shape) == 1 and shape[0] > 0, "a set that does not fit")
        return InequalityProblem(function, lower, upper, where)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        tree = {"function": self.function, "lower": self.lower, "upper": self.upper}
        return tree if self.where is None else tree | {"where": self.where}

    @cached_property
    def bounds(self) -> ScalarBounds:
        """The function over many boxes."""
        return ScalarBounds(self.function)

    def outside(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """Which boxes (N, d) are proved not to meet the set, (N,)."""
        if self.where is None:
            return np.zeros(len(lower), bool)
        forms = self._where.forms(lower, upper)
        # 2^-44: the roundings of this sum
        highest = forms.centre + forms.deviation + 2.0**-44 * (np.abs(forms.centre) + forms.deviation)
        return np.asarray((highest < 0).any(axis=1))

    @cached_property
    def _where(self) -> BoxForms:
        assert self.where is not None
        return BoxForms(self.where)

    def holds(self, point: np.ndarray) -> bool:
        """Whether the exact point (d,) is proved to belong to the set."""
        if not ((self.lower <= point) & (point <= self.upper)).all():
            return False
        if self.where is None:
            return True
        low = sharp_value(self.where, point)
        return low is not None and bool((low[0] >= 0).all())


def sharp_value(program: Program, point: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Bounds (lower, upper) of the program at an exact point (d,), in 160 bits; None where no value is proved."""
    from certify.program.arb import to_bounds

    if not defined_on(program, Ball.exact(point.reshape(1, *program.inputs[0].shape))).all():
        return None
    try:
        (value,) = evaluate(program, [point.reshape(program.inputs[0].shape)], precision=_PRECISION)
    except InputError:
        return None
    return to_bounds(value.reshape(-1))


def real_program(value: Any, name: str) -> Program:
    """A program of one real array with one real array as its value; raises `CertificateError` otherwise."""
    _demand(isinstance(value, Program), f"an entry {name!r} that is not a program")
    assert isinstance(value, Program)
    _demand(len(value.inputs) == 1 == len(value.outputs), "a program of several arrays")
    source, target = value.inputs[0], value.output_signatures[0]
    _demand(source.is_real and target.is_real, "a program that is not a real function")
    _demand(len(source.shape) == 1 and 1 <= source.size <= LARGEST_DIMENSION, f"{source.size} inputs")
    return value


def box_of(tree: Mapping[str, Any], size: int) -> tuple[np.ndarray, np.ndarray]:
    """The box of a problem, (d,) and (d,); raises `CertificateError` where there is none."""
    corners = []
    for name in ("lower", "upper"):
        value = tree.get(name)
        good = isinstance(value, np.ndarray) and value.shape == (size,) and value.dtype == np.float64
        _demand(good and bool(np.isfinite(np.asarray(value)).all()), "a box that does not fit the function")
        corners.append(np.asarray(value))
    _demand(bool((corners[0] < corners[1]).all()), "an empty box")
    return corners[0], corners[1]


def _demand(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the certificate has {what}")

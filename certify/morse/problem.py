"""The problem of a Morse certificate: a scalar function as a program, on a box."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import EquilibriumStatement
from certify.equilibrium.smoothness import nonsmooth_point
from certify.morse.evaluation import BoxForms
from certify.program import Program, gradient_program
from foundation import CertificateError

LARGEST_DIMENSION = 8
_MOST_PARTS = 256


@final
@dataclass(frozen=True, eq=False)
class MorseProblem:
    """function: program (d,) -> scalar. lower, upper: (d,) floats, the corners of the closed box."""

    function: Program
    lower: np.ndarray
    upper: np.ndarray

    @staticmethod
    def from_tree(tree: Mapping[str, Any]) -> "MorseProblem":
        """The problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        function = tree.get("function")
        require(isinstance(function, Program), "no program")
        assert isinstance(function, Program)
        require(len(function.inputs) == 1 and len(function.outputs) == 1, "a program of several arrays")
        source, target = function.inputs[0], function.output_signatures[0]
        require(
            source.is_real and target.is_real and target.shape == (), "a program that is not a real scalar function"
        )
        require(len(source.shape) == 1 and 1 <= source.size <= LARGEST_DIMENSION, f"{source.size} inputs")
        lower, upper = (_corner(tree.get(name), source.shape) for name in ("lower", "upper"))
        require(bool((lower < upper).all()), "an empty box")
        return MorseProblem(function, lower, upper)

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {"function": self.function, "lower": self.lower, "upper": self.upper}

    @property
    def dimension(self) -> int:
        """d."""
        return len(self.lower)

    @cached_property
    def gradient(self) -> Program:
        """The gradient (d,) -> (d,), by our own rules."""
        return gradient_program(self.function)

    @cached_property
    def zeros(self) -> EquilibriumStatement:
        """The critical points as equilibria of the gradient."""
        return EquilibriumStatement(self.gradient, "flow")

    @cached_property
    def gradients(self) -> BoxForms:
        """The gradient over many boxes."""
        return BoxForms(self.gradient)

    @cached_property
    def roughness(self) -> str:
        """Why the function is not proved to be twice continuously differentiable around the box; "" when it is.

        The box is divided into at most 256 parts: on each, every comparison, kink and jump must be decided, so that the
        function is real-analytic there.
        """
        waiting, parts = [(self.lower, self.upper)], 1
        while waiting:
            lower, upper = waiting.pop()
            reason = nonsmooth_point(self.function, Ball.from_bounds(lower, upper))
            if not reason:
                continue
            parts += 1
            if parts > _MOST_PARTS:
                return reason
            axis = int(np.argmax(upper - lower))
            middle = lower[axis] / 2 + upper[axis] / 2
            first, second = upper.copy(), lower.copy()
            first[axis] = second[axis] = middle
            waiting += [(lower, first), (second, upper)]
        return ""


def _corner(value: Any, shape: tuple[int, ...]) -> np.ndarray:
    good = isinstance(value, np.ndarray) and value.shape == shape and value.dtype == np.float64
    require(good and bool(np.isfinite(np.asarray(value)).all()), "a box that does not fit the function")
    return np.asarray(value)


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the Morse certificate has {what}")

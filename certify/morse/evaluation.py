"""A program over many boxes, as affine forms."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.morse.form_system import FormSystem
from certify.morse.forms import Forms, bounded, coordinates, of_ball
from certify.program.evaluate import constant_value, run_equations
from certify.program.program import Program
from certify.program.values import Value
from foundation import InputError


@final
@dataclass(frozen=True, eq=False)
class BoxForms:
    """Encloses a program of one real array of d entries, with m real entries as its value, over boxes."""

    program: Program

    @property
    def dimension(self) -> int:
        """d."""
        return self.program.inputs[0].size

    @property
    def outputs(self) -> int:
        """m."""
        return self.program.output_signatures[0].size

    def forms(self, lower: np.ndarray, upper: np.ndarray) -> Forms:
        """The values over each box [lower, upper], (N, d): forms of shape (N, m), unbounded outside the domain."""
        if not len(lower):
            shape = (0, self.outputs)
            return Forms(np.zeros(shape), np.zeros((self.dimension, *shape)), np.zeros(shape))
        try:
            with np.errstate(all="ignore"):
                return self._forms(lower, upper)
        except InputError:
            if len(lower) == 1:
                size = self.outputs
                return Forms(np.zeros((1, size)), np.zeros((self.dimension, 1, size)), np.full((1, size), np.inf))
            half = len(lower) // 2
            first, second = self.forms(lower[:half], upper[:half]), self.forms(lower[half:], upper[half:])
            return Forms(
                np.concatenate([first.centre, second.centre]),
                np.concatenate([first.slopes, second.slopes], axis=1),
                np.concatenate([first.radius, second.radius]),
            )

    def _forms(self, lower: np.ndarray, upper: np.ndarray) -> Forms:
        count, size = lower.shape
        point = coordinates(lower, upper).map(lambda a: a.reshape(count, *self.program.inputs[0].shape))
        values: list[Value] = [point, *self._constants]
        (value,) = run_equations(self._system, self.program, values)
        form = of_ball(value, size) if isinstance(value, Ball) else value
        flat = form.map(lambda a: np.broadcast_to(a.reshape(len(a), -1), (count, self.outputs)))
        return bounded(flat.centre, flat.slopes, flat.radius)

    @cached_property
    def _system(self) -> FormSystem:
        return FormSystem(self.dimension)

    @cached_property
    def _constants(self) -> list[Value]:
        return [constant_value(self._system, array) for array in self.program.constants]

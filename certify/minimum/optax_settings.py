"""An optimiser given as a program: read from a certificate."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.program import Program
from certify.training.optimizer.leaves import Leaf, read_leaves
from foundation import CertificateError


@final
@dataclass(frozen=True, eq=False)
class Step:
    """programs: (params, gradient, memory...) -> (update, memory...), run in turn; one where no counter comes back.
    leaves: the memory at rest. current: as it was given."""

    programs: tuple[Program, ...]
    leaves: tuple[Leaf, ...]
    current: tuple[np.ndarray, ...]

    @property
    def takes_loss(self) -> bool:
        """Whether the update takes the value of the loss beside the gradient."""
        return any(leaf.kind == "loss" for leaf in self.leaves)

    @staticmethod
    def from_settings(settings: Any, dimension: int) -> "Step":
        """Reads an optimiser of name "optax"; raises `CertificateError` where its parts do not fit together."""
        later = settings.get("later", [])
        programs = [settings.get("update"), *(later if isinstance(later, list) else [None])]
        if not all(isinstance(program, Program) for program in programs):
            raise CertificateError("the certificate's optimiser has no program")
        leaves = read_leaves(settings.get("memory"), dimension)
        expected = [(dimension,), (dimension,), *(leaf.value.shape for leaf in leaves)]
        for program in programs:
            if [s.shape for s in program.inputs] != expected or not all(s.is_real for s in program.inputs):
                raise CertificateError("the optimiser's program takes other arrays than its parameters and memory")
            if [s.shape for s in program.output_signatures] != expected[1:]:
                raise CertificateError("the optimiser's program gives other arrays than its update and memory")
        current = settings.get("current")
        if not isinstance(current, list) or len(current) != len(leaves):
            raise CertificateError("the optimiser's current memory does not fit")
        for array, leaf in zip(current, leaves, strict=True):
            good = isinstance(array, np.ndarray) and array.dtype == np.float64 and array.shape == leaf.value.shape
            if not good or not np.isfinite(array).all():
                raise CertificateError("the optimiser's current memory does not fit")
        return Step(tuple(programs), leaves, tuple(current))

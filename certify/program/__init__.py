"""Functions as data: traced from JAX, evaluated in proved arithmetic, differentiated by our own rules."""

from typing import TYPE_CHECKING

from certify.program.codec import program_from_json, program_to_json
from certify.program.errors import UndecidedBranch
from certify.program.evaluate import evaluate
from certify.program.jacobian import hessian, jacobian, require_decided
from certify.program.program import Equation, Program
from certify.program.regularity import analytic_everywhere, analytic_on, piecewise_obstacle
from certify.program.reverse import (
    gradient_program,
    hessian_program,
    hessian_vector_program,
    jacobian_program,
    pullback,
)
from certify.program.signature import Signature
from certify.program.values import Ternary
from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.program.tracing import trace

__all__ = [
    "Equation",
    "Program",
    "Signature",
    "Ternary",
    "UndecidedBranch",
    "analytic_everywhere",
    "analytic_on",
    "evaluate",
    "gradient_program",
    "hessian",
    "hessian_program",
    "hessian_vector_program",
    "jacobian",
    "jacobian_program",
    "piecewise_obstacle",
    "program_from_json",
    "program_to_json",
    "pullback",
    "require_decided",
    "trace",
]

__getattr__ = lazy_names(__name__, {"trace": "tracing"})

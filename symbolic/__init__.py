"""Exact derivations: SymPy in, SymPy out, every step re-checked by machine."""

from symbolic.bernstein import bernstein_coefficients, nonnegative_on_box
from symbolic.centre_manifold import BoundaryStability, cubic_term_test, flip_test
from symbolic.checks import (
    AllOf,
    CharacteristicPolynomialIs,
    Check,
    Definition,
    DerivativeIs,
    EigenvaluesAre,
    Equal,
    EquivalentTo,
    GradientIs,
    HessianIs,
    Implied,
    IsRoot,
    JacobianIs,
    KernelIs,
    PositiveOnBox,
    RealRootsAre,
    SignIs,
    SolvesFor,
    TaylorIs,
    equation,
)
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step, StepResult, all_passed
from symbolic.enclose_number import enclose_number
from symbolic.gram import Gram, gradient_descent_threshold, gram_matrix
from symbolic.inputs import exact_number
from symbolic.jury import RootsInUnitDisc, derive_jury_triangle, jury_conditions, jury_table, schur_condition
from symbolic.loss import LossAnalysis, analyse_loss, derive
from symbolic.optimizers import OptimizerStability, adam, heavy_ball, nesterov
from symbolic.outcome import CheckResult, Outcome
from symbolic.prove_sign import prove_sign
from symbolic.renewal import RenewalSeries, rank_one_exponent, renewal_series
from symbolic.routh_hurwitz import RootsInLeftHalfPlane, hurwitz_condition, hurwitz_conditions, hurwitz_matrix
from symbolic.sgd_family import (
    ExponentSum,
    GraphIsConnected,
    Regularity,
    derive_regularity_erratum,
    exponent_sum,
    orthogonal_exponents,
    regularity,
    sgd_family,
)
from symbolic.sgd_second_moment import SecondMoment, mean_square_threshold, second_moment
from symbolic.zero_set import ZeroSet

__all__ = [
    "AllOf",
    "BoundaryStability",
    "CharacteristicPolynomialIs",
    "Check",
    "CheckResult",
    "Definition",
    "Derivation",
    "DerivativeIs",
    "EigenvaluesAre",
    "Equal",
    "EquivalentTo",
    "ExponentSum",
    "GradientIs",
    "Gram",
    "GraphIsConnected",
    "HessianIs",
    "Implied",
    "IsRoot",
    "JacobianIs",
    "KernelIs",
    "LossAnalysis",
    "OptimizerStability",
    "Outcome",
    "PositiveOnBox",
    "RealRootsAre",
    "Regularity",
    "RenewalSeries",
    "RootsInLeftHalfPlane",
    "RootsInUnitDisc",
    "SecondMoment",
    "SignIs",
    "SolvesFor",
    "Step",
    "StepResult",
    "TaylorIs",
    "ZeroSet",
    "adam",
    "all_passed",
    "analyse_loss",
    "bernstein_coefficients",
    "cubic_term_test",
    "derive",
    "derive_jury_triangle",
    "derive_regularity_erratum",
    "enclose_number",
    "equation",
    "exact_number",
    "exponent_sum",
    "flip_test",
    "gradient_descent_threshold",
    "gram_matrix",
    "heavy_ball",
    "hurwitz_condition",
    "hurwitz_conditions",
    "hurwitz_matrix",
    "is_zero",
    "jury_conditions",
    "jury_table",
    "mean_square_threshold",
    "nesterov",
    "nonnegative_on_box",
    "orthogonal_exponents",
    "prove_sign",
    "rank_one_exponent",
    "regularity",
    "renewal_series",
    "schur_condition",
    "second_moment",
    "sgd_family",
]

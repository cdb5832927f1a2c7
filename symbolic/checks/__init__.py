"""The kinds of machine check: each is data, displays the claim it stands for, and decides it anew when asked."""

from symbolic.checks.algebra import AllOf, Definition, DerivativeIs, Equal, GradientIs, HessianIs, JacobianIs, TaylorIs
from symbolic.checks.claim import Check, Definitions, at, equation, product, resolve, total
from symbolic.checks.content import cannot_fail, is_definition, proves_something
from symbolic.checks.matrix import CharacteristicPolynomialIs, EigenvaluesAre, KernelIs, has_rank_at_least
from symbolic.checks.order import EquivalentTo, Implied, PositiveOnBox, SignIs
from symbolic.checks.roots import IsRoot, RealRootsAre, SolvesFor

__all__ = [
    "AllOf",
    "CharacteristicPolynomialIs",
    "Check",
    "Definition",
    "Definitions",
    "DerivativeIs",
    "EigenvaluesAre",
    "Equal",
    "EquivalentTo",
    "GradientIs",
    "HessianIs",
    "Implied",
    "IsRoot",
    "JacobianIs",
    "KernelIs",
    "PositiveOnBox",
    "RealRootsAre",
    "SignIs",
    "SolvesFor",
    "TaylorIs",
    "at",
    "cannot_fail",
    "equation",
    "has_rank_at_least",
    "is_definition",
    "product",
    "proves_something",
    "resolve",
    "total",
]

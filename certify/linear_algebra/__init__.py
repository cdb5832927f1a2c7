"""Verified linear algebra: proved bounds for symmetric and general matrices of floats or balls."""

from typing import TYPE_CHECKING

from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.determinant import determinant, log_determinant
from certify.linear_algebra.eigenvalues import Eigenvalues, eigenvalues
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues, largest_eigenvalue, smallest_eigenvalue
from certify.linear_algebra.inverse import inverse, is_nonsingular
from certify.linear_algebra.matrix_exponential import matrix_exponential
from certify.linear_algebra.norms import frobenius_norm_bound, infinity_norm_bound, one_norm_bound, two_norm_bound
from certify.linear_algebra.null_space import SubspaceBasis, null_space, orthonormal_normal_basis
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.linear_algebra.rank import rank
from certify.linear_algebra.singular_values import SingularValues, singular_values
from certify.linear_algebra.solve import solve
from certify.linear_algebra.spectral_norm import spectral_norm
from certify.linear_algebra.spectral_radius import spectral_radius
from certify.linear_algebra.symmetric_eigenvalues import SymmetricEigenvalues, symmetric_eigenvalues
from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.linear_algebra.gershgorin import gershgorin_discs
    from certify.linear_algebra.laplacian import algebraic_connectivity
    from certify.linear_algebra.pencil import extreme_pencil_eigenvalues, pencil_eigenvalues
    from certify.linear_algebra.sparse_symmetric import sparse_extreme_eigenvalues
    from certify.linear_algebra.stability import is_hurwitz_stable, is_schur_stable

__all__ = [
    "ComplexBall",
    "Eigenvalues",
    "SingularValues",
    "SubspaceBasis",
    "SymmetricEigenvalues",
    "algebraic_connectivity",
    "determinant",
    "eigenvalues",
    "extreme_eigenvalues",
    "extreme_pencil_eigenvalues",
    "frobenius_norm_bound",
    "gershgorin_discs",
    "infinity_norm_bound",
    "inverse",
    "is_hurwitz_stable",
    "is_nonsingular",
    "is_positive_definite",
    "is_schur_stable",
    "largest_eigenvalue",
    "log_determinant",
    "matrix_exponential",
    "null_space",
    "one_norm_bound",
    "orthonormal_normal_basis",
    "pencil_eigenvalues",
    "rank",
    "singular_values",
    "smallest_eigenvalue",
    "solve",
    "sparse_extreme_eigenvalues",
    "spectral_norm",
    "spectral_radius",
    "symmetric_eigenvalues",
    "two_norm_bound",
]

__getattr__ = lazy_names(
    __name__,
    {
        "gershgorin_discs": "gershgorin",
        "algebraic_connectivity": "laplacian",
        "extreme_pencil_eigenvalues": "pencil",
        "pencil_eigenvalues": "pencil",
        "sparse_extreme_eigenvalues": "sparse_symmetric",
        "is_hurwitz_stable": "stability",
        "is_schur_stable": "stability",
    },
)

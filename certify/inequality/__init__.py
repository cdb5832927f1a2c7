"""Inequalities on sets: f > 0 on a box or a part of it, Lyapunov functions, contraction."""

from certify.inequality.contraction import prove_contraction_metric
from certify.inequality.lyapunov_function import prove_lyapunov_function
from certify.inequality.prove import prove_inequality

__all__ = ["prove_contraction_metric", "prove_inequality", "prove_lyapunov_function"]

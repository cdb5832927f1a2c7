import numpy as np

import stabproof as sp

problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1.5, 2.0]), np.array([1.0]), np.array([3.0]))
certificate = sp.certify_minimum(problem, sp.GradientDescent(learning_rate=0.1), progress=False)
value: float = certificate.sharpness.midpoint
rate: float = certificate.critical_learning_rate.lower
exponent = sp.lyapunov_exponent([np.eye(2) * 0.5])
width: float = exponent.lyapunov_exponent.width
equilibrium = sp.certify_equilibrium(lambda x: -x, [0.0], kind="flow")
stable: int = equilibrium.directions[0]
same: bool = certificate.verdict is sp.Verdict.STABLE
version: str = sp.__version__
found = sp.all_equilibria(lambda x: x - x**3, [(-2.0, 2.0)], kind="flow")
points: np.ndarray = found.points
checked: sp.Certificate = sp.check(certificate)
axes = sp.plot(certificate)
axes.set_title("mine")
